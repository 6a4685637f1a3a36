import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, startS3, type S3Server } from '@smartant/test-servers';
import { findProgram, runProgram } from '../../tools/observability/prometheus-programs';
import { dashboardQueries, foreignMetrics, metricsIn, readRules } from '../../tools/observability/read-observability';
import { Bucket, fill } from '../platform/bucket';
import { EmbeddedPlatform, ROOT } from '../platform/embedded-platform';

const SERVICES = ['SCHEDULER', 'STORAGE_MIGRATOR', 'DB_MIGRATOR', 'HOST_MIGRATOR', 'NOTIFIER'];
/** One that nothing but the objects' keys has. */
const MARK = 'unmistakable-key';
const BUCKET = 'metered-bucket';
const OPENMETRICS = 'application/openmetrics-text;version=1.0.0';

/** What a label's value may look like; whatever is not here is no label of ours. */
const BOUNDS: Record<string, RegExp> = {
  change: /^[a-z-]{1,40}$/,
  class: /^[a-z-]{1,20}$/,
  code: /^[A-Z][A-Z0-9_]{1,50}$/,
  effect: /^[a-z-]{1,40}$/,
  gate: /^(memory_bytes|objects)$/,
  group: /^[a-z.-]{1,60}$/,
  health: /^(ok|failing|needs-attention|unused)$/,
  kind: /^[a-z]{1,20}$/,
  le: /^(\+Inf|[0-9.e+-]+)$/,
  method: /^(GET|PUT|POST|PATCH|DELETE|HEAD|OPTIONS|\/[\w.]+\/\w+)$/,
  migration: /^mig_\w+$/,
  outcome: /^[a-z-]{1,30}$/,
  phase: /^(precheck|prepare|full|incremental|cutover|reversible|done)$/,
  pool: /^[a-z-]{1,30}$/,
  part: /^[a-z-]{1,30}$/,
  reason: /^[a-z-]{1,30}$/,
  // A template: it has parameters and none of their values.
  route: /^(none|\/[a-z0-9\-./:{}*A-Z]*)$/,
  rule: /^[a-z-]{1,40}$/,
  severity: /^(critical|warning|info)$/,
  source: /^[a-z-]{1,30}$/,
  space: /^\w{1,30}$/,
  stage: /^[a-z-]{1,30}$/,
  state: /^[a-z]{1,20}$/,
  status: /^([1-5]\d\d|[a-z]{1,20})$/,
  topic: /^smartant\.[a-z0-9.-]{1,40}$/,
  type: /^\w{1,30}$/,
  version: /^v[\d.]+$/,
  major: /^\d+$/,
  minor: /^\d+$/,
  patch: /^\d+$/,
};
/** More series than this of one metric in one process would be a label without bounds. */
const MOST_SERIES = 1_500;

describe('metrics of the running platform', () => {
  const platform = new EmbeddedPlatform({ SMARTANT_TRACE_UNIT_RATIO: '1' });
  let servers: S3Server[] = [];
  let texts: string[] = [];

  /** Those that `npm start` runs. */
  const running = () => SERVICES.filter((service) => platform.port(`SMARTANT_${service}_ADMIN_PORT`) !== '');
  const scrape = async (service: string, accept?: string) => {
    const response = await fetch(`http://127.0.0.1:${platform.port(`SMARTANT_${service}_ADMIN_PORT`)}/metrics`, {
      headers: accept === undefined ? {} : { accept },
    });
    return response.text();
  };

  beforeAll(async () => {
    servers = await Promise.all([startS3('sample'), startS3('sample')]);
    await platform.start();
    for (const server of servers) await server.createBucket(BUCKET);
    const [source, target] = servers.map((server) => new Bucket(server, BUCKET));
    await fill(source!, 40, (index) => ({ key: `${MARK}/${index}`, body: Buffer.from(`object ${index}`) }));
    const args = ['migrate', source!.url(), target!.url(), '--yes', '--watch'];
    const result = await platform.cli(args, { ...source!.environment('SOURCE'), ...target!.environment('TARGET') });
    expect(result).toMatchObject({ status: 0 });
    await fetch(`${platform.url}/v1/${MARK}`);
    texts = await Promise.all(running().map((service) => scrape(service)));
  });
  afterAll(async () => {
    await platform.dispose();
    await Promise.all(servers.map((server) => server.stop()));
  });

  const samples = (text: string) =>
    [...text.matchAll(/^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gim)].map(([, name, labels = '', value]) => ({
      name: name!,
      labels: [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, of]) => [label!, of!] as const),
      value: Number(value),
    }));

  it('has every metric of ours, and of Node, that dashboards and rules ask for', () => {
    const declared = texts.flatMap((text) => [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]);
    const served = new Set(
      declared.flatMap(([, name, kind]) => (kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!])),
    );
    // Made by rules, by others, and by the one service that an embedded platform has no gateway for.
    const elsewhere = new Set([
      ...readRules().flatMap(({ record }) => record ?? []),
      ...foreignMetrics(),
      'smartant_gateway_keys_in_order',
    ]);
    const asked = new Set([...dashboardQueries(), ...readRules().map(({ expr }) => expr)].flatMap((expr) => [...metricsIn(expr)]));
    expect([...asked].filter((name) => !elsewhere.has(name) && !served.has(name)).sort()).toEqual([]);
  });

  it('counted the migration: requests, calls, effects, shards, objects and bytes', () => {
    const sum = (name: string, ...wanted: string[]) =>
      texts
        .flatMap(samples)
        .filter((sample) => sample.name === name && wanted.every((value) => sample.labels.some(([, of]) => of === value)))
        .reduce((total, { value }) => total + value, 0);
    expect(sum('smartant_http_request_duration_seconds_count', 'POST', '201')).toBeGreaterThan(0);
    expect(sum('smartant_rpc_server_duration_seconds_count', 'OK')).toBeGreaterThan(0);
    expect(sum('smartant_rpc_client_duration_seconds_count', 'OK')).toBeGreaterThan(0);
    expect(sum('smartant_scheduling_delay_seconds_count')).toBeGreaterThan(0);
    expect(sum('smartant_scheduler_effects_total', 'done')).toBeGreaterThan(0);
    expect(sum('smartant_shard_claims_total')).toBeGreaterThan(0);
    expect(sum('smartant_storage_objects_total')).toBeGreaterThanOrEqual(40);
    expect(sum('smartant_storage_bytes_total')).toBeGreaterThan(0);
    expect(sum('smartant_worker_slots')).toBeGreaterThan(0);
    expect(sum('smartant_pool_limit', 'scheduler-reads')).toBeGreaterThan(0);
    expect(sum('smartant_storage_gate_limit', 'memory_bytes')).toBeGreaterThan(0);
    expect(sum('smartant_event_loop_active_seconds_total')).toBeGreaterThan(0);
  });

  it('keep labels to the list, and their values to bounds', () => {
    const outside = texts
      .flatMap(samples)
      .flatMap(({ name, labels }) =>
        labels.filter(([label, value]) => !BOUNDS[label]?.test(value)).map(([label, value]) => `${name} ${label}=${value}`),
      );
    expect([...new Set(outside)]).toEqual([]);
    for (const text of texts) {
      const counts = new Map<string, number>();
      for (const { name } of samples(text)) counts.set(name, (counts.get(name) ?? 0) + 1);
      expect([...counts].filter(([, count]) => count > MOST_SERIES)).toEqual([]);
      expect(text).not.toContain(MARK);
      expect(text).not.toContain(BUCKET);
    }
  });

  it('leads from buckets to traces that were recorded', async () => {
    const exemplars = new Set(
      (await Promise.all(running().map((service) => scrape(service, OPENMETRICS)))).flatMap((text) =>
        [...text.matchAll(/^(smartant_\w+)_bucket\{.*\} \d+ # \{trace_id="([0-9a-f]{32})"\} /gm)].map(([, name]) => name!),
      ),
    );
    expect([...exemplars].sort()).toEqual(
      expect.arrayContaining([
        'smartant_http_request_duration_seconds',
        'smartant_rpc_client_duration_seconds',
        'smartant_rpc_server_duration_seconds',
        'smartant_scheduler_effect_seconds',
      ]),
    );
  });

  const promtool = findProgram('promtool');
  describeIf(promtool ? null : 'promtool is not there: npm run provision -- prometheus-tools', 'by promtool', () => {
    it('is in the text format, with names as they should be', () => {
      const said = texts.map((text) => runProgram(promtool!, ['check', 'metrics'], text).said).join('');
      expect(said).not.toContain('error while linting');
      expect(said.split('\n').filter((line) => line.startsWith('smartant_'))).toEqual([]);
    });

    it('is OpenMetrics that Prometheus reads, exemplars included', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'smartant-openmetrics-'));
      const file = join(folder, 'metrics.txt');
      // A block is made of samples with times, which scrapes have none of.
      const timed = (await scrape('SCHEDULER', OPENMETRICS)).replace(
        /^([^#\s]\S*(?:\{.*?\})? \S+)( #.*)?$/gm,
        `$1 ${Date.now() / 1_000}$2`,
      );
      writeFileSync(file, timed);
      const { status, said } = runProgram(promtool!, ['tsdb', 'create-blocks-from', 'openmetrics', file, join(folder, 'blocks')]);
      rmSync(folder, { recursive: true, force: true });
      expect([status, said]).toEqual([0, expect.any(String)]);
    });
  });

  it('is listed in docs/metrics.md', () => {
    const listed = new Set([...readFileSync(join(ROOT, 'docs', 'metrics.md'), 'utf8').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name));
    const own = texts.flatMap((text) => [...text.matchAll(/^# TYPE (smartant_\w+) /gm)].map(([, name]) => name!));
    expect([...new Set(own)].filter((name) => !listed.has(name))).toEqual([]);
  });
});
