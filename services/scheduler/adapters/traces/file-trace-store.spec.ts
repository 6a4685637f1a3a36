import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inSpan, inUnitSpan, startTelemetry } from '@smartant/platform/telemetry';
import { FileTraceStore } from './file-trace-store';

const T1 = '1'.repeat(32);
const T2 = '2'.repeat(32);
const never = new AbortController().signal;

interface Sample {
  id: string;
  parent?: string;
  trace?: string;
  name: string;
  attributes?: Record<string, string>;
  failed?: string;
  startMs?: number;
}

function line(service: string, ...spans: Sample[]): string {
  const attribute = ([key, value]: [string, string]) => ({ key, value: { stringValue: value } });
  const request = {
    resourceSpans: [
      {
        resource: { attributes: [attribute(['service.name', service]), attribute(['host.name', 'pod-1'])] },
        scopeSpans: [
          {
            spans: spans.map(({ id, parent, trace = T1, name, attributes = {}, failed, startMs = 1_000 }) => ({
              traceId: trace,
              spanId: id.padStart(16, '0'),
              ...(parent === undefined ? {} : { parentSpanId: parent.padStart(16, '0') }),
              name,
              startTimeUnixNano: `${startMs}000000`,
              endTimeUnixNano: `${startMs + 5}500000`,
              attributes: Object.entries(attributes).map(attribute),
              status: failed === undefined ? {} : { code: 2, message: failed },
            })),
          },
        ],
      },
    ],
  };
  return `${JSON.stringify(request)}\n`;
}

const ofMigration = { 'smartant.migration': 'mig_1' };
const key = (name: string, more: Record<string, string> = {}) => ({ ...ofMigration, 'smartant.key': name, ...more });

describe('FileTraceStore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-span-files-'));
  const store = new FileTraceStore(folder);
  const find = async (name: string, kind: 'object' | 'table' | 'path' = 'object', migrationId = 'mig_1') =>
    (await store.findUnit({ migrationId, unit: { kind, name }, since: new Date(0), services: [] }, never)).spans;

  beforeAll(() => {
    // The children of a span end before it, so they stand in earlier lines, even in files that were rotated away since.
    writeFileSync(
      join(folder, '20261129-1931-01-storage-migrator.jsonl.gz'),
      gzipSync(
        line('storage-migrator', { id: 'c2', parent: 'c1', name: 'socket', startMs: 1_002 }) +
          line('storage-migrator', { id: 'c1', parent: 'aa', name: 'GET', startMs: 1_001 }, { id: 'e1', parent: 'ee', name: 'GET' }),
      ),
    );
    writeFileSync(
      join(folder, 'storage-migrator.jsonl'),
      line('storage-migrator', { id: 'aa', parent: 'ff', name: 'copy object', attributes: key('a "quoted"/✓.jpg') }) +
        'half a line of a writer that was killed {"resourceSpans":[\n' +
        line(
          'storage-migrator',
          {
            id: 'bb',
            trace: T2,
            name: 'quarantine',
            attributes: key('a "quoted"/✓.jpg', { 'smartant.error_code': 'STORAGE_X' }),
            failed: 'no',
            startMs: 2_000,
          },
          { id: 'ee', parent: 'ff', name: 'copy object', attributes: key('another') },
          { id: 'dd', name: 'copy object', attributes: { ...key('a "quoted"/✓.jpg'), 'smartant.migration': 'mig_2' } },
          { id: 'f1', name: 'copy files', attributes: { ...ofMigration, 'smartant.path': '/srv/a', 'smartant.last_path': '/srv/c/z' } },
        ),
    );
    writeFileSync(join(folder, 'scheduler.jsonl'), line('scheduler', { id: 'ff', name: 'full sync' }));
  });

  it('finds a unit in every trace, with what is below it, and nothing of others', async () => {
    const found = await find('a "quoted"/✓.jpg');
    expect(found.map(({ name, spanId }) => `${name} ${spanId.slice(-2)}`)).toEqual([
      'copy object aa',
      'GET c1',
      'socket c2',
      'quarantine bb',
    ]);
    expect(found[0]).toMatchObject({ service: 'storage-migrator', host: 'pod-1', durationMs: 5.5, failed: false, traceId: T1 });
    expect(found[3]).toMatchObject({ failed: true, errorCode: 'STORAGE_X', message: 'no', traceId: T2, parentSpanId: null });
    expect(await find('never copied')).toEqual([]);
    expect((await find('a "quoted"/✓.jpg', 'object', 'mig_2')).map(({ spanId }) => spanId.slice(-2))).toEqual(['dd']);
  });

  it.each([
    ['/srv/b', 1],
    ['/srv/a', 1],
    ['/srv/c/z', 1],
    ['/srv/c/zz', 0],
    ['/srv/d', 0],
    ['/srv', 0],
  ])('knows whether %s went with others in one stream', async (path, count) => {
    expect(await find(path, 'path')).toHaveLength(count);
  });

  it('gives a whole trace, and nothing for one that is not there', async () => {
    expect((await store.trace(T1, never)).spans).toHaveLength(8);
    expect((await store.trace('3'.repeat(32), never)).spans).toEqual([]);
    expect((await new FileTraceStore(join(folder, 'gone')).trace(T1, never)).spans).toEqual([]);
  });

  it('reads what services really write', async () => {
    const real = mkdtempSync(join(tmpdir(), 'smartant-span-files-'));
    const telemetry = startTelemetry({ service: 'storage-migrator', exporter: 'file', tracesDir: real, sampleRatio: 1 });
    const attributes = { ...ofMigration, 'smartant.key': 'a.jpg?X-Amz-Signature=canary' };
    const failing = () => inSpan('PUT', {}, () => Promise.reject(new Error('no')));
    const copy = () => inUnitSpan('copy object', attributes, failing);
    await inSpan('full sync', ofMigration, () => copy().catch(() => undefined));
    await telemetry.shutdown();
    // What looks like a secret in a name is redacted in the span, and is found all the same.
    const unit = { kind: 'object', name: 'a.jpg?X-Amz-Signature=canary' } as const;
    const { spans } = await new FileTraceStore(real).findUnit({ migrationId: 'mig_1', unit, since: new Date(0), services: [] }, never);
    expect(spans.map(({ name, failed, message }) => [name, failed, message])).toEqual([
      ['copy object', true, 'no'],
      ['PUT', true, 'no'],
    ]);
    expect(spans[0]).toMatchObject({ service: 'storage-migrator', host: expect.stringMatching(/./) });
    expect(Math.abs(Date.now() - Date.parse(spans[0]!.startedAt))).toBeLessThan(600_000);
    expect(JSON.stringify(spans)).not.toContain('canary');
  });

  it('stops when nobody waits any more', async () => {
    await expect(store.trace(T1, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
