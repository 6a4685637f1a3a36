import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, freshDatabase, whyNoPostgres } from '@smartant/test-servers';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status: { code?: number; message?: string };
  attributes: { key: string; value: Record<string, unknown> }[];
  links?: { traceId: string; spanId: string }[];
}
interface OtlpRequest {
  resourceSpans: { resource: { attributes: OtlpSpan['attributes'] }; scopeSpans: { scope: { name: string }; spans: OtlpSpan[] }[] }[];
}

const RUNNER = join(__dirname, '..', 'lifecycle', 'testkit', 'run-typescript.cjs');

async function runTraced(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['-r', RUNNER, join(__dirname, 'testkit', 'traced-service.ts')], {
    env: { ...process.env, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`exit ${code}: ${err}`);
  return JSON.parse(out) as { traceId: string; received: Record<string, string>[]; carrier: Record<string, string> };
}

function spansOf(requests: OtlpRequest[]): OtlpSpan[] {
  return requests.flatMap((request) => request.resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans)));
}

describe('startTelemetry with the file exporter', () => {
  const tracesDir = mkdtempSync(join(tmpdir(), 'smartant-traces-'));
  let result: Awaited<ReturnType<typeof runTraced>>;
  let text: string;
  let spans: OtlpSpan[];
  const named = (name: string) => spans.filter((span) => span.name === name);

  beforeAll(async () => {
    result = await runTraced({
      SMARTANT_TRACE_EXPORTER: 'file',
      SMARTANT_TRACES_DIR: tracesDir,
      SMARTANT_TRACE_UNIT_RATIO: '0',
      OTEL_SERVICE_NAME: 'smartant.spec',
    });
    text = readFileSync(join(tracesDir, 'spec-service.jsonl'), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as OtlpRequest);
    spans = spansOf(lines);
    expect(JSON.stringify(lines[0]?.resourceSpans[0]?.resource)).toContain('smartant.spec');
  });

  it('joins HTTP, undici and gRPC, both sides, to one trace', () => {
    const [phase] = named('migration.phase');
    expect(phase?.traceId).toBe(result.traceId);
    const inTrace = spans.filter((span) => span.traceId === result.traceId);
    const clientSpans = inTrace.filter((span) => span.kind === 3);
    const serverSpans = inTrace.filter((span) => span.kind === 2);
    expect(clientSpans.map((span) => span.name).sort()).toEqual(['GET', 'GET', 'grpc.smartant.credential.v1.CredentialService/Resolve']);
    expect(clientSpans.every((span) => span.parentSpanId === phase?.spanId)).toBe(true);
    expect(serverSpans.map((span) => span.parentSpanId).sort()).toEqual(clientSpans.map((span) => span.spanId).sort());
  });

  it('sends W3C and both forms of B3, and takes up any of them', () => {
    for (const headers of [...result.received, result.carrier]) {
      expect(headers['traceparent']).toContain(result.traceId);
      expect(headers['b3']).toContain(result.traceId);
      expect(headers['x-b3-traceid']).toBe(result.traceId);
    }
    expect(named('event.handled')[0]).toMatchObject({ traceId: result.traceId, parentSpanId: named('migration.phase')[0]?.spanId });
    expect(named('from.istio')[0]).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) });
  });

  it('links what came of another trace to it, and makes it no part of it', () => {
    const [span] = named('came.of');
    expect(span?.links).toMatchObject([{ traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }]);
    expect(span?.traceId).not.toBe('c'.repeat(32));
  });

  it('records no unit at ratio 0, but the failure inside one, once', () => {
    expect([...named('object.copy'), ...named('object.read')].map((span) => [span.name, span.status.code])).toEqual([['object.read', 2]]);
    expect(named('object.read')[0]?.traceId).toBe(result.traceId);
  });

  it('keeps canary secrets out', () => {
    expect(text).toContain('by-undici');
    expect(text).not.toContain('CANARY');
  });
});

it('records every unit at ratio 1', async () => {
  const tracesDir = mkdtempSync(join(tmpdir(), 'smartant-traces-'));
  await runTraced({ SMARTANT_TRACE_EXPORTER: 'file', SMARTANT_TRACES_DIR: tracesDir, SMARTANT_TRACE_UNIT_RATIO: '1' });
  const lines = readFileSync(join(tracesDir, 'spec-service.jsonl'), 'utf8').trim().split('\n');
  const units = spansOf(lines.map((line) => JSON.parse(line) as OtlpRequest)).filter((span) => span.name === 'object.copy');
  expect(units).toHaveLength(21);
});

describeIf(whyNoPostgres(), 'SQL', () => {
  it('is traced inside a span, without the values, and polling outside of any span is not', async () => {
    const tracesDir = mkdtempSync(join(tmpdir(), 'smartant-traces-'));
    const env = { SMARTANT_TRACE_EXPORTER: 'file', SMARTANT_TRACES_DIR: tracesDir, SPEC_DATABASE_URL: await freshDatabase() };
    await runTraced(env);
    const text = readFileSync(join(tracesDir, 'spec-service.jsonl'), 'utf8');
    const lines = text.trim().split('\n');
    const spans = spansOf(lines.map((line) => JSON.parse(line) as OtlpRequest));
    const phase = spans.find((span) => span.name === 'migration.phase');
    const queries = spans.filter((span) => span.name.startsWith('pg.query'));
    expect(queries.map((span) => span.parentSpanId)).toEqual([phase?.spanId]);
    expect(text).toContain('AS in_span');
    expect(text).not.toContain('CANARY');
    expect(text).not.toContain('polled_outside');
  });
});

it('exports by OTLP over HTTP', async () => {
  const bodies: OtlpRequest[] = [];
  const collector = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (request.url === '/v1/traces') bodies.push(JSON.parse(body) as OtlpRequest);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const { traceId } = await runTraced({ SMARTANT_TRACE_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  expect(spansOf(bodies).find((span) => span.name === 'migration.phase')?.traceId).toBe(traceId);
  expect(spansOf(bodies).some((span) => span.name.includes('POST'))).toBe(false);
  collector.close();
});

it('exports to a Jaeger agent by UDP', async () => {
  const agent = createSocket('udp4').bind(0, '127.0.0.1');
  await once(agent, 'listening');
  const packets: Buffer[] = [];
  agent.on('message', (packet) => packets.push(packet));
  const env = { OTEL_EXPORTER_JAEGER_AGENT_HOST: '127.0.0.1', OTEL_EXPORTER_JAEGER_AGENT_PORT: String(agent.address().port) };
  const { traceId } = await runTraced({ ...env, SMARTANT_TRACE_EXPORTER: 'jaeger', OTEL_SERVICE_NAME: 'smartant.jaeger' });
  const bytes = Buffer.concat(packets);
  agent.close();
  expect(bytes.includes('emitBatch')).toBe(true);
  expect(bytes.includes('smartant.jaeger')).toBe(true);
  expect(bytes.includes('migration.phase')).toBe(true);
  expect(bytes.includes(Buffer.from(traceId.slice(16), 'hex'))).toBe(true);
});

it('propagates trace ids even where nothing is exported, also after a wrong setting', async () => {
  for (const exporter of ['none', 'nonsense', 'file']) {
    const { traceId, received } = await runTraced({ SMARTANT_TRACE_EXPORTER: exporter });
    expect(received[0]?.['traceparent']).toContain(traceId);
  }
});

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
