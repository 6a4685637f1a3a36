import { describeIf, startJaeger, startS3, whyNoJaeger, type S3Server, type TestJaeger } from '@smartant/test-servers';
import { Bucket, fill } from '../platform/bucket';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';

interface JaegerSpan {
  spanID: string;
  operationName: string;
  processID: string;
  references: { refType: string; spanID: string }[];
  tags: { key: string; value: unknown }[];
  warnings: string[] | null;
}
interface JaegerTrace {
  traceID: string;
  spans: JaegerSpan[];
  processes: Record<string, { serviceName: string }>;
}

const OBJECTS = 40;
const servicesOf = ({ spans, processes }: JaegerTrace) =>
  [...new Set(spans.map(({ processID }) => processes[processID]?.serviceName))].sort();
const roots = ({ spans }: JaegerTrace) => spans.filter(({ references }) => references.length === 0);
const orphans = ({ spans }: JaegerTrace) => {
  const ids = new Set(spans.map(({ spanID }) => spanID));
  return spans.filter(({ references }) => references.some((one) => one.refType === 'CHILD_OF' && !ids.has(one.spanID)));
};

describeIf(whyNoJaeger(), 'traces in a real Jaeger', () => {
  let jaeger: TestJaeger;
  let server: S3Server;

  beforeAll(async () => {
    [jaeger, server] = await Promise.all([startJaeger(), startS3('sample')]);
  });
  afterAll(async () => {
    await server.stop();
    await jaeger.stop();
  });

  const buckets = async (name: string) => {
    const made = [];
    for (const end of ['from', 'into']) {
      await server.createBucket(`${name}-${end}`);
      made.push(new Bucket(server, `${name}-${end}`));
    }
    const [source, target] = made as [Bucket, Bucket];
    await fill(source, OBJECTS, (index) => ({ key: `d/object-${index}`, body: Buffer.from(`content ${index}`) }));
    return { source, target };
  };

  /** The trace, once the migration's last phase is in it and nothing hangs in the air any more: spans arrive a second or so after they end. */
  async function wholeTrace(traceId: string): Promise<JaegerTrace> {
    let last: JaegerTrace | undefined;
    await waitFor(
      'the whole trace',
      async () => {
        const answer = await fetch(`${jaeger.queryUrl}/api/traces/${traceId}`);
        last = ((await answer.json()) as { data: JaegerTrace[] | null }).data?.[0];
        const names = last?.spans.map(({ operationName }) => operationName) ?? [];
        return last !== undefined && names.includes('phase cutover') && names.includes('phase reversible') && orphans(last).length === 0;
      },
      60_000,
      () => JSON.stringify(last && { roots: roots(last), orphans: orphans(last) }),
    );
    return last!;
  }

  function expectWholeMigration(trace: JaegerTrace): void {
    const names = trace.spans.map(({ operationName }) => operationName);
    for (const phase of ['precheck', 'prepare', 'full', 'cutover']) expect(names).toContain(`phase ${phase}`);
    expect(names.filter((name) => name === 'copy object')).toHaveLength(OBJECTS);
    expect(names.filter((name) => name === 'verify object')).toHaveLength(OBJECTS);
    // The call over gRPC, both sides; an event that was consumed; SQL; requests to the stores.
    expect(names.filter((name) => /MigratorService\/StartPhase/.test(name)).length).toBeGreaterThan(1);
    expect(names.some((name) => name.startsWith('process io.smartant.'))).toBe(true);
    expect(names.some((name) => name.startsWith('pg.query'))).toBe(true);
    expect(trace.spans.some(({ tags }) => tags.some(({ key, value }) => key === 'url.path' && String(value).includes('object-7')))).toBe(
      true,
    );
    expect(JSON.stringify(trace)).not.toContain(server.secretAccessKey);
  }

  describe('by OTLP', () => {
    let platform: EmbeddedPlatform;
    let traceId: string;
    let migrationId: string;

    beforeAll(async () => {
      platform = new EmbeddedPlatform({
        SMARTANT_TRACE_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpEndpoint,
        SMARTANT_TRACE_UNIT_RATIO: '1',
        SMARTANT_JAEGER_QUERY_URL: jaeger.queryUrl,
      });
      await platform.start();
      const { source, target } = await buckets('otlp');
      const result = await platform.cli(['migrate', source.url(), target.url(), '--yes', '--watch', '--verbose'], {
        ...source.environment('SOURCE'),
        ...target.environment('TARGET'),
        OTEL_EXPORTER_OTLP_ENDPOINT: jaeger.otlpEndpoint,
      });
      expect(result).toMatchObject({ status: 0 });
      traceId = /Trace: ([0-9a-f]{32})/.exec(result.stderr)?.[1] ?? '';
      const { items } = await platform.api<{ items: { id: string }[] }>('GET', '/v1/workspaces/default/migrations');
      migrationId = items[0]!.id;
    });
    afterAll(() => platform.dispose());

    it('joins the call, the scheduler, its migrator, events, SQL and every object to one tree', async () => {
      const trace = await wholeTrace(traceId);
      expect(servicesOf(trace)).toEqual(['scheduler', 'smartant-cli', 'storage-migrator']);
      expect(roots(trace).map(({ operationName }) => operationName)).toEqual(['smartant migrate']);
      expectWholeMigration(trace);
    });

    it('finds one object, and shows the trace', async () => {
      const found = await platform.cli(['trace', 'find', '--migration', migrationId, '--object', 'd/object-7']);
      expect(found).toMatchObject({ status: 0, stdout: expect.stringContaining(`Trace ${traceId}`) });
      for (const text of ['copy object', 'verify object', 'key=d/object-7', 'GET', 'PUT', 'storage-migrator @ '])
        expect(found.stdout).toContain(text);
      expect(found.stdout).not.toContain('object-8');
      const shown = await platform.cli(['trace', 'show', traceId]);
      expect(shown.stdout).toMatch(/^smartant migrate {2}/);
      expect(shown.stdout).toContain('└─ ');
    });
  });

  describe('by the Jaeger exporter', () => {
    let platform: EmbeddedPlatform;

    beforeAll(async () => {
      platform = new EmbeddedPlatform({
        SMARTANT_TRACE_EXPORTER: 'jaeger',
        OTEL_EXPORTER_JAEGER_ENDPOINT: jaeger.thriftEndpoint,
        SMARTANT_TRACE_UNIT_RATIO: '1',
      });
      await platform.start();
    });
    afterAll(() => platform.dispose());

    it('joins the request, the scheduler and its migrator to one tree', async () => {
      const { source, target } = await buckets('thrift');
      const traceparent = `00-${'c'.repeat(31)}1-${'d'.repeat(16)}-01`;
      const body = { name: 'thrift', source: source.inline(), target: target.inline(), spec: storageSpec() };
      const created = await platform.api<{ id: string }>('POST', '/v1/workspaces/default/migrations', body, { headers: { traceparent } });
      await ApiMigration.of(platform, created.id).until(({ phase }) => phase === 'done');
      // The caller of this request tells nobody of its own span: the request is the root of what there is.
      let trace: JaegerTrace | undefined;
      await waitFor(
        'the whole trace',
        async () => {
          const answer = await fetch(`${jaeger.queryUrl}/api/traces/${'c'.repeat(31)}1`);
          trace = ((await answer.json()) as { data: JaegerTrace[] | null }).data?.[0];
          return (
            trace !== undefined &&
            orphans(trace).length === 1 &&
            trace.spans.some(({ operationName }) => operationName === 'phase reversible')
          );
        },
        60_000,
        () => JSON.stringify(trace && orphans(trace)),
      );
      expect(servicesOf(trace!)).toEqual(['scheduler', 'storage-migrator']);
      expectWholeMigration(trace!);
    });
  });
});
