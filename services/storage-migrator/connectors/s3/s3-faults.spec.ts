import {
  describeIf,
  startS3,
  startToxiproxy,
  whyNoToxiproxy,
  type FaultProxy,
  type S3Server,
  type Toxiproxy,
} from '@smartant/test-servers';
import { SmartantError } from '@smartant/kernel';
import type { OpenStorageOptions, StorageConnector } from '@smartant/connectors';
import { createOpenStorage } from '../connectors';
import { openBucket } from './fixtures/s3-harness';

const never = new AbortController().signal;
const plain = { metadata: {}, tags: {} };

describeIf(whyNoToxiproxy(), 'S3 behind a faulty network', () => {
  let server: S3Server;
  let toxiproxy: Toxiproxy;
  let proxy: FaultProxy;
  const opened: StorageConnector[] = [];

  beforeAll(async () => {
    server = await startS3('sample');
    await server.createBucket('faults');
    toxiproxy = await startToxiproxy();
    proxy = await toxiproxy.createProxy(new URL(server.serviceUrl).host);
  });
  afterAll(async () => {
    await Promise.all(opened.map((connector) => connector.reader.close()));
    await toxiproxy?.stop();
    await server?.stop();
  });

  const open = (options: Partial<OpenStorageOptions> = {}) => {
    const connector = openBucket(server, 'faults', options, { serviceUrl: `http://${proxy.address}` });
    opened.push(connector);
    return connector;
  };

  it('goes on when the network comes back', async () => {
    const retries: string[] = [];
    await proxy.cut();
    const { writer } = open({
      onRetry: (code) => {
        retries.push(code);
        if (retries.length === 3) void proxy.mend();
      },
    });
    await writer!.put('patient', Buffer.from('x'), plain, { kind: 'absent' }, never);
    expect(retries.slice(0, 3)).toEqual(Array(3).fill('STORAGE_UNREACHABLE'));
  });

  it('takes a write whose answer was lost for its own', async () => {
    let heal: () => Promise<void> = async () => undefined;
    let retries = 0;
    const { writer, reader } = open({
      onRetry: () => {
        retries += 1;
        void heal();
      },
    });
    // The request passes, the answer does not.
    heal = await proxy.addToxic({ type: 'limit_data', attributes: { bytes: 0 } });
    const { etag } = await writer!.put('lost answer', Buffer.from('mine'), plain, { kind: 'absent' }, never);
    expect(retries).toBeGreaterThan(0);
    const objects = [];
    for await (const object of reader.list({ after: 'lost' }, never)) objects.push(object);
    expect(objects[0]).toMatchObject({ key: 'lost answer', etag });
  });

  it('does not take another’s object for its own', async () => {
    const { writer } = openBucket(server, 'faults');
    await writer!.put('taken', Buffer.from('theirs'), plain, { kind: 'any' }, never);
    let heal: () => Promise<void> = async () => undefined;
    const ours = open({ onRetry: () => void heal() });
    heal = await proxy.addToxic({ type: 'limit_data', attributes: { bytes: 0 } });
    await expect(ours.writer!.put('taken', Buffer.from('mine'), plain, { kind: 'absent' }, never)).rejects.toMatchObject({
      code: 'STORAGE_PRECONDITION_FAILED',
    });
  });

  it('notices a body that was cut short, and reads it again', async () => {
    const bytes = Buffer.alloc(500_000, 'content');
    const direct = openBucket(server, 'faults');
    await direct.writer!.put('cut short', bytes, plain, { kind: 'any' }, never);
    let heal: () => Promise<void> = async () => undefined;
    const codes: string[] = [];
    const { reader } = open({
      onRetry: (code) => {
        codes.push(code);
        void heal();
      },
    });
    const listed = await reader.list({ after: 'cut' }, never)[Symbol.asyncIterator]().next();
    heal = await proxy.addToxic({ type: 'limit_data', attributes: { bytes: 100_000 } });
    expect((await reader.read(listed.value, never)).bytes.equals(bytes)).toBe(true);
    expect(codes.length).toBeGreaterThan(0);
    await direct.reader.close();
  });

  it('gives up a question soon, and work when it is cancelled', async () => {
    await proxy.cut();
    try {
      await expect(open().reader.probe(never)).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE', retryable: true });
      const controller = new AbortController();
      const { writer } = open({ onRetry: () => controller.abort() });
      await expect(writer!.put('k', Buffer.from('x'), plain, { kind: 'any' }, controller.signal)).rejects.toMatchObject({
        code: 'CANCELLED',
      });
    } finally {
      await proxy.mend();
    }
  });
});

describe('the egress guard', () => {
  it('is asked again after a refusal, and once after it agreed', async () => {
    const server = await startS3('sample');
    await server.createBucket('egress');
    const { serviceUrl, region, accessKeyId, secretAccessKey } = server;
    let asked = 0;
    const guarded = createOpenStorage({
      assertAllowed: async () => {
        asked += 1;
        if (asked === 1) throw new SmartantError('EGRESS_FORBIDDEN', 'the name was not resolved', { kind: 'forbidden' });
      },
    });
    const secret = async () => ({ kind: 's3' as const, accessKeyId, secretAccessKey });
    const { reader } = guarded({ kind: 's3', serviceUrl, region, bucket: 'egress', prefix: '', addressing: 'path' }, { secret });
    const holds = () => reader.holds!('a', never);
    await expect(holds()).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    expect([await holds(), await holds(), asked]).toEqual([false, false, 2]);
    await reader.close();
    await server.stop();
  });

  it('is asked before anything is sent, and its refusal is passed on', async () => {
    const asked: string[] = [];
    const guarded = createOpenStorage({
      assertAllowed: async (host) => {
        asked.push(host);
        throw new SmartantError('EGRESS_FORBIDDEN', 'forbidden', { kind: 'forbidden' });
      },
    });
    const location = {
      kind: 's3',
      serviceUrl: 'http://169.254.169.254',
      region: 'r',
      bucket: 'b',
      prefix: '',
      addressing: 'path',
    } as const;
    const { reader, writer } = guarded(location, { secret: async () => ({ kind: 'none' }) });
    await expect(reader.probe(never)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    await expect(writer!.put('k', Buffer.from('x'), plain, { kind: 'any' }, never)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    expect(new Set(asked)).toEqual(new Set(['169.254.169.254']));
    await reader.close();
  });

  it('resolves names in its own lookup', async () => {
    const refused = new SmartantError('EGRESS_FORBIDDEN', 'forbidden', { kind: 'forbidden' });
    const guarded = createOpenStorage({ lookup: (_host, _options, callback) => callback(refused, '', 4) });
    const location = {
      kind: 's3',
      serviceUrl: 'http://metadata.internal',
      region: 'r',
      bucket: 'b',
      prefix: '',
      addressing: 'virtual',
    } as const;
    const { reader, writer } = guarded(location, { secret: async () => ({ kind: 'none' }) });
    await expect(writer!.put('k', Buffer.from('x'), plain, { kind: 'any' }, never)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    await expect(reader.probe(never)).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    await reader.close();
  });
});
