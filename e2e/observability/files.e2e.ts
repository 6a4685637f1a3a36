import { startS3, type S3Server } from '@smartant/test-servers';
import { Bucket, fill } from '../platform/bucket';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';

describe('logs and traces of one machine', () => {
  const platform = new EmbeddedPlatform({ SMARTANT_TRACE_UNIT_RATIO: '1' });
  let server: S3Server;
  let migrationId: string;
  let traceId: string;

  beforeAll(async () => {
    server = await startS3('sample');
    await platform.start();
    for (const name of ['from', 'into']) await server.createBucket(name);
    const [source, target] = [new Bucket(server, 'from'), new Bucket(server, 'into')];
    await fill(source, 20, (index) => ({ key: `d/object-${index}`, body: Buffer.from(`content ${index}`) }));
    const result = await platform.cli(['migrate', source.url(), target.url(), '--yes', '--watch', '--verbose'], {
      ...source.environment('SOURCE'),
      ...target.environment('TARGET'),
    });
    expect(result).toMatchObject({ status: 0 });
    traceId = /Trace: ([0-9a-f]{32})/.exec(result.stderr)?.[1] ?? '';
    const { items } = await platform.api<{ items: { id: string }[] }>('GET', '/v1/workspaces/default/migrations');
    migrationId = items[0]!.id;
  });
  afterAll(async () => {
    await platform.dispose();
    await server.stop();
  });

  it('are searched in files: an object, its trace, and what was logged about the migration', async () => {
    let found = '';
    // Spans are written a second or so after they end.
    await waitFor(
      'the spans of an object',
      async () => {
        found = (await platform.cli(['trace', 'find', '--migration', migrationId, '--object', 'd/object-7'])).stdout;
        return found.includes('copy object') && found.includes('verify object') && found.includes('PUT');
      },
      60_000,
      () => found,
    );
    expect(found).toContain(`Trace ${traceId}`);
    expect(found).not.toContain('object-8');
    const logged = await platform.cli([
      'logs',
      '--migration',
      migrationId,
      '--grep',
      '"migration changed"',
      '--trace',
      traceId,
      '-o',
      'json',
    ]);
    const { items } = JSON.parse(logged.stdout) as { items: { service: string; host: string; migrationId: string; message: string }[] };
    expect(items.length).toBeGreaterThan(1);
    for (const line of items)
      expect(line).toMatchObject({
        service: 'scheduler',
        migrationId,
        host: expect.stringMatching(/./) as string,
        message: 'migration changed',
      });
  });

  it('put the click of a browser above what the platform did because of it', async () => {
    const [click, spanId] = ['c11c'.repeat(8), 'b0b0'.repeat(4)];
    const headers = { traceparent: `00-${click}-${spanId}-01` };
    await platform.api('POST', '/v1/workspaces/default/endpoints/none/test', {}, { headers, anyStatus: true });
    const told = { traceId: click, spanId, name: 'POST /v1/workspaces/{ws}/endpoints/{idOrName}/test', startedAgoMs: 500, durationMs: 400 };
    await platform.api('POST', '/v1/client-spans', told);
    let shown = '';
    await waitFor(
      'the click and what came of it',
      async () => {
        shown = (await platform.cli(['trace', 'show', click, '-o', 'json'])).stdout;
        return shown.includes('"client POST') && (shown.match(/"spanId"/g) ?? []).length > 1;
      },
      60_000,
      () => shown,
    );
    const { spans } = JSON.parse(shown) as { spans: { spanId: string; parentSpanId: string | null; name: string }[] };
    expect(spans.find((span) => span.spanId === spanId)).toMatchObject({ parentSpanId: null, name: `client ${told.name}` });
    const known = new Set(spans.map((span) => span.spanId));
    expect(spans.filter(({ parentSpanId }) => parentSpanId !== null && !known.has(parentSpanId))).toEqual([]);
    expect(spans.some(({ parentSpanId }) => parentSpanId === spanId)).toBe(true);
  });

  it('change what a migrator logs while it runs', async () => {
    const set = await platform.cli(['admin', 'log-level', 'set', 'storage-migrator', 'debug', '--for', '5m']);
    expect(set).toMatchObject({ status: 0, stdout: expect.stringContaining('storage-migrator logs debug until') });
    const shown = await platform.cli(['admin', 'log-level', 'list']);
    expect(shown.stdout).toMatch(/storage-migrator +debug/);
    expect(await platform.cli(['logs', '--grep', 'request served', '--service', 'scheduler', '--limit', '5'])).toMatchObject({ status: 0 });
  });
});
