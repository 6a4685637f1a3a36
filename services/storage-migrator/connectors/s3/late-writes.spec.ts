import { startS3, type S3Server } from '@smartant/test-servers';
import type { PutCondition, StorageWriter } from '@smartant/connectors';
import { HoldingProxy } from '../../testkit/holding-proxy';
import { openBucket } from './fixtures/s3-harness';

const plain = { metadata: {}, tags: {} };
const never = new AbortController().signal;

describe('a write whose answer was never heard', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3('sample');
    await server.createBucket('late');
  });
  afterAll(() => server.stop());

  /** How often the guard was told, when a write is cut off on its way. */
  async function toldOf(write: (writer: StorageWriter, signal: AbortSignal) => Promise<unknown>): Promise<number> {
    const proxy = await HoldingProxy.start(server.serviceUrl);
    const { reader, writer } = openBucket(server, 'late', {}, { serviceUrl: proxy.url });
    let told = 0;
    const guard = { mayWrite: () => undefined, mayLandLate: async () => void (told += 1) };
    const stop = new AbortController();
    proxy.hold(() => stop.abort());
    await expect(write(writer!.guardedBy(guard), stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
    await reader.close();
    await proxy.stop();
    return told;
  }

  const put = (condition: PutCondition) => toldOf((writer, signal) => writer.put('k', Buffer.from('x'), plain, condition, signal));

  it('is told of where no condition will refuse it', async () => {
    expect(await put({ kind: 'any' })).toBe(1);
    expect(await toldOf((writer, signal) => writer.remove(['k'], signal))).toBe(1);
    expect(await toldOf((writer, signal) => writer.remove(['k', 'l'], signal))).toBe(1);
  });

  it('is not told of where a condition will, nor of a part, which is no object yet', async () => {
    expect(await put({ kind: 'absent' })).toBe(0);
    expect(await put({ kind: 'matches', etag: 'e' })).toBe(0);
    expect(await toldOf((writer, signal) => writer.remove(['k'], signal, new Map([['k', 'e']])))).toBe(0);
    const { reader, writer } = openBucket(server, 'late');
    const { uploadId } = await writer!.beginMultipart('k', plain, never);
    expect(await toldOf((held, signal) => held.putPart('k', uploadId, 1, Buffer.from('x'), signal))).toBe(0);
    await reader.close();
  });

  it('is not told of when it was never sent', async () => {
    const { reader, writer } = openBucket(server, 'late', {}, { serviceUrl: 'http://127.0.0.1:9' });
    let told = 0;
    const stop = AbortSignal.timeout(300);
    const guarded = writer!.guardedBy({ mayWrite: () => undefined, mayLandLate: async () => void (told += 1) });
    await expect(guarded.put('k', Buffer.from('x'), plain, { kind: 'any' }, stop)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(told).toBe(0);
    await reader.close();
  });
});
