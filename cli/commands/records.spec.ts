import { problem, type Script } from '../testing/scripted-api';
import { ScriptedCli } from '../testing/scripted-cli';

const AT = '2026-01-02T03:04:05Z';
const TRACE = 'a'.repeat(32);
const span = (spanId: string, parentSpanId: string | null, name: string, more: object = {}) => ({
  traceId: TRACE,
  spanId,
  parentSpanId,
  name,
  service: 'storage-migrator',
  host: 'pod-1',
  startedAt: '2026-01-02T03:04:05Z',
  durationMs: 1_500,
  failed: false,
  errorCode: null,
  message: null,
  attributes: {},
  ...more,
});
const failedGet = span('3', '2', 'GET', { failed: true, errorCode: 'STORAGE_DENIED', message: 'no\u001b[31m' });
const spans = [span('2', '1', 'copy object', { attributes: { 'smartant.key': 'a b' } }), failedGet, span('4', '2', 'PUT')];
const failure = { id: 'f', unit: 'a b', code: 'STORAGE_DENIED', message: 'denied', attempts: 5, traceId: TRACE, state: 'open' };
const times = { firstFailedAt: '2026-01-02T03:04:05Z', lastFailedAt: '2026-01-02T03:04:06Z' };
const line = (second: number, message: string) => ({
  id: String(second).padStart(16, '0'),
  at: `2026-01-02T03:04:0${second}.000Z`,
  level: 'error',
  service: 'scheduler',
  host: 'pod-2',
  module: 'driver',
  message,
  code: 'A_CODE',
  traceId: TRACE,
  workspaceId: null,
  migrationId: 'mig_1',
  runId: null,
  fields: { err: { message: 'why' } },
});
const level = { service: 'scheduler', module: 'driver', level: 'debug', until: '2026-01-02T03:04:05Z', setBy: 'usr_1' };

const shard = {
  id: 'shd_1',
  stage: 'sync',
  ordinal: 3,
  path: [1],
  state: 'retrying',
  range: '{}',
  holder: null,
  epoch: 2,
  attempts: 4,
  takeovers: 0,
  lastError: { code: 'STORAGE_DENIED', message: 'm', hint: 'h' },
  counters: { copiedBytes: 1_024, verifiedBytes: 1_024 },
};
const service = {
  service: 'scheduler',
  health: 'degraded',
  versions: [{ version: '2.0.0', instances: 1, callShare: 0.25 }],
  instances: [
    { instance: 'a', host: 'pod-1', version: '2.0.0', state: 'ready', problems: [], callsPerMinute: 4, startedAt: AT, seenAt: AT },
  ],
  lastSeenAt: AT,
};

let followed = 0;
const script: Script = {
  'GET /migrations/mig_1/trace': () => ({
    body: { unit: {}, store: 'files', spans, truncated: false, failures: [{ ...failure, ...times }] },
  }),
  [`GET /traces/${TRACE}`]: () => ({ body: { traceId: TRACE, store: 'jaeger', spans, truncated: true } }),
  'GET /traces/unknown': () => ({ status: 404, body: problem(404, 'TRACE_NOT_FOUND', 'gone') }),
  'GET /migrations/mig_1/logs': () => ({ body: { items: [line(2, 'second'), line(1, 'first')], nextPageToken: null, store: 'files' } }),
  'GET /v1/platform/logs': () => {
    followed += 1;
    const items = followed === 1 ? [line(1, 'first')] : [line(2, 'second'), line(1, 'first')];
    return followed > 2
      ? { status: 403, body: problem(403, 'ROLE_FORBIDDEN', 'enough') }
      : { body: { items, nextPageToken: null, store: 'files' } };
  },
  'GET /logs': () => ({ body: { items: [line(1, 'own')], nextPageToken: null, store: 'files' } }),
  'GET /migrations/mig_1/shards': () => ({ body: { items: [shard], nextPageToken: null } }),
  'GET /v1/platform/services': () => ({
    body: { items: [service, { ...service, service: 'notifier', health: 'absent', instances: [], versions: [] }] },
  }),
  'POST /v1/platform/log-levels': () => ({ body: level }),
  'GET /v1/platform/log-levels': () => ({ body: { items: [level] } }),
  'DELETE /v1/platform/log-levels/scheduler': () => ({ status: 204 }),
};

describe('logs and traces', () => {
  const cli = new ScriptedCli(script);
  const run = (args: string[], env: Record<string, string> = {}) =>
    cli.run(args, { env: { SMARTANT_WORKSPACE: 'default', TZ: 'UTC', ...env } });

  it('trace find draws a tree, with what is on record', async () => {
    const { code, stdout } = await run(['trace', 'find', '--migration', 'mig_1', '--object', 'a b']);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `STORAGE_DENIED: denied (attempts: 5; last: 2026-01-02 03:04:06 +00:00; open; trace ${TRACE})`,
      `Trace ${TRACE}`,
      'copy object  1.5s  storage-migrator @ pod-1  key=a b',
      '├─ GET  1.5s  storage-migrator @ pod-1  STORAGE_DENIED: no\\u001b[31m',
      '└─ PUT  1.5s  storage-migrator @ pod-1',
      '',
      '',
    ]);
    expect(cli.api.to('GET /migrations/mig_1/trace')[0]?.query.toString()).toBe('object=a+b');
    expect((await run(['trace', 'find', '--migration', 'mig_1'])).code).toBe(2);
  });

  it('every request belongs to one trace, which errors and --verbose name', async () => {
    const { stdout, stderr } = await run(['trace', 'show', TRACE, '--verbose']);
    expect(stdout).toContain('There is more');
    const own = /Trace: ([0-9a-f]{32})/.exec(stderr)?.[1] ?? 'none';
    const sent = cli.api.requests.map(({ headers }) => headers['traceparent']).filter((header) => String(header).includes(own));
    expect(sent).toHaveLength(2);
    expect(sent[0]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect((await run(['trace', 'show', 'unknown'])).stderr).toContain('feedbeef');
  });

  it('logs of a migration are shown as they happened', async () => {
    const { stdout } = await run(['logs', '--migration', 'mig_1', '--grep', '"lease lost"', '--since', '2026-01-02', '--level', 'warn']);
    expect(stdout.split('\n')).toEqual([
      `2026-01-02 03:04:01 +00:00 error scheduler@pod-2 first: why A_CODE trace=${TRACE}`,
      `2026-01-02 03:04:02 +00:00 error scheduler@pod-2 second: why A_CODE trace=${TRACE}`,
      '',
    ]);
    const [asked] = cli.api.to('GET /migrations/mig_1/logs');
    expect(Object.fromEntries(asked!.query)).toMatchObject({ q: '"lease lost"', level: 'warn', since: '2026-01-02T00:00:00.000Z' });
  });

  it('logs --follow tells each line once', async () => {
    const { stdout } = await run(['logs', '--follow', '-o', 'json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((text) => (JSON.parse(text) as { message: string }).message),
    ).toEqual(['first', 'second']);
  });

  it('logs --own asks for the lines of the workspace', async () => {
    expect((await run(['logs', '--own', '--grep', 'own'])).stdout).toContain('own: why A_CODE');
    expect(cli.api.to('GET /logs')[0]?.query.get('q')).toBe('own');
  });

  it('shows the shards of a migration with what went wrong', async () => {
    const { stdout } = await run(['migration', 'shards', 'mig_1', '--state', 'retrying']);
    expect(stdout).toMatch(/sync +3\.1 +retrying +2 KiB +2 +4 +STORAGE_DENIED/);
    expect(cli.api.to('GET /migrations/mig_1/shards')[0]?.query.get('state')).toBe('retrying');
    expect((await run(['migration', 'shards', 'mig_1', '--state', 'lost'])).code).toBe(2);
  });

  it('shows services, their processes, and what each version answers', async () => {
    const { stdout } = await run(['admin', 'services']);
    expect(stdout).toMatch(/scheduler +degraded +2\.0\.0 +25% +pod-1 +ready +2026-01-02 03:04:05/);
    expect(stdout).toMatch(/notifier +absent/);
    expect(JSON.parse((await run(['admin', 'services', '-o', 'json'])).stdout)).toMatchObject({ items: [{ service: 'scheduler' }, {}] });
  });

  it('log-level set, list and reset', async () => {
    const { stdout } = await run(['admin', 'log-level', 'set', 'scheduler:driver', 'debug', '--for', '2h']);
    expect(stdout).toContain('scheduler:driver logs debug until 2026-01-02 03:04:05 +00:00.');
    expect(cli.api.to('POST /v1/platform/log-levels')).toMatchObject([
      { body: { service: 'scheduler', module: 'driver', level: 'debug', forSeconds: 7_200 } },
    ]);
    expect((await run(['admin', 'log-level', 'list'])).stdout).toMatch(/scheduler:driver +debug/);
    expect((await run(['admin', 'log-level', 'reset', 'scheduler'], { SMARTANT_LANG: 'zh' })).stdout).toContain('已恢复');
    expect((await run(['admin', 'log-level', 'set', 'scheduler', 'debug', '--for', 'ever'])).code).toBe(2);
  });
});
