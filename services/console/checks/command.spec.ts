import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');
const actual = <T extends object>(path: string) => jest.requireActual<T>(join(ROOT, path));
interface Cli {
  home: string;
  api: { to(route: string): { body: unknown }[]; requests: object[] };
  run(args: string[]): Promise<{ code: number | null; stderr: string }>;
}

/** Loaded by name: none may depend on another, and this is what holds them together. */
const { ScriptedCli } = actual<{ ScriptedCli: new (script: object) => Cli }>('cli/testing/scripted-cli');
const { migrationInput } = actual<{ migrationInput: { parse: (request: unknown) => object } }>(
  'services/scheduler/adapters/http/schemas/migration-input-schemas',
);
const { requestOf } = actual<{ requestOf: (plan: object) => object }>('services/console/web/features/new-migration/plan');
const { cliCommandOf } = actual<{ cliCommandOf: (plan: object) => { text: string; missing: string[] } }>(
  'services/console/web/features/new-migration/cli-command',
);
const { manifestOf } = actual<{ manifestOf: (plan: object) => string }>('services/console/web/features/new-migration/plan-manifest');

const PLACES = { storage: 's3', database: 'postgres', host: 'ssh' };
const saved = (kind: string) => () => ({ body: { id: 'ep_1', name: kind, location: { kind } } });
const cli = new ScriptedCli({
  ...Object.fromEntries(
    Object.entries(PLACES).flatMap(([kind, place]) => ['old', 'new'].map((name) => [`GET /endpoints/${name}-${kind}`, saved(place)])),
  ),
  'GET /migrations': () => ({ body: { items: [], nextPageToken: null } }),
  'POST /migrations': ({ query }: { query: URLSearchParams }) =>
    query.get('validateOnly') === 'true'
      ? { body: { findings: [], estimate: { objects: 0, bytes: 0, complete: true } } }
      : { status: 201, body: { id: 'mig_1', spec: {} } },
});

const limits = {
  bytesPerSecond: 1_500_001,
  concurrency: 4,
  calendar: {
    timeZone: 'Asia/Shanghai',
    windows: [
      { days: ['mon', 'fri'], from: '22:00', to: '06:00' },
      { days: ['sun'], from: '00:00', to: '00:00' },
    ],
    outside: 'stop',
  },
};
const cutover = { mode: 'automatic', finalize: 'automatic', sourceFrozen: true };

const specs = {
  storage: {
    kind: 'storage',
    storage: {
      include: ['2026/**', "it's: *odd*", '$(touch x)'],
      exclude: ['**/*.tmp'],
      minSizeBytes: 1,
      maxSizeBytes: 3_000_000_001,
      deletePolicy: 'keep',
      maxDeletes: 5,
      symlinks: 'follow',
      directoryMarkers: false,
      verify: 'inventory',
      quarantineCap: 7,
      partSizeBytes: 8_388_608,
    },
    limits: { ...limits, requestsPerSecond: 50 },
    priority: 9,
    cutover,
    incrementalIntervalSeconds: 90,
  },
  database: {
    kind: 'database',
    database: {
      includeSchemas: ['app'],
      excludeSchemas: ['tmp_*'],
      includeTables: ['app.*'],
      excludeTables: ['*.log'],
      rows: [{ table: 'app.orders', where: "created_at >= '2025-01-01' AND state = 'done'" }],
      renames: [{ from: 'app.orders', to: 'sales' }],
      tablespaces: [{ from: 'fast', to: 'nvme' }],
      columns: [
        { table: 'app.users', exclude: ['password'], renames: [{ from: 'mail', to: 'email' }] },
        { table: 'app.orders', exclude: [], renames: [{ from: 'no', to: 'number' }] },
      ],
      mode: 'snapshot',
      targetPolicy: 'append',
      largeObjects: false,
      roles: true,
      publications: true,
      tableJobs: 3,
      indexJobs: 3,
      verify: 'counts',
      quarantineCap: 2,
      reverse: false,
      maxRetainedWalBytes: 2 ** 34,
    },
    limits: { ...limits, requestsPerSecond: 50 },
    cutover: { finalize: 'automatic' },
  },
  host: {
    kind: 'host',
    host: {
      engine: 'files',
      exclude: ['/var/tmp/**'],
      excludeMounts: ['/mnt/backup'],
      sizes: [{ mount: '/', sizeBytes: 42_949_672_960 }],
      confirmedDisks: ['QEMU 0001'],
      targetDirectory: '',
      imageBytes: 2 ** 36,
      stopServices: ['nginx', 'postgresql'],
      sourceAfter: 'network-off',
      network: [
        { source: 'eth0', mode: 'keep' },
        {
          source: 'eth1',
          mode: 'static',
          addresses: ['192.0.2.7/24'],
          gateway: '192.0.2.1',
          nameServers: ['192.0.2.53'],
          mac: '52:54:00:12:34:56',
        },
      ],
      machineId: 'keep',
      sshHostKeys: 'new',
      hostname: 'web-02',
      disableGuestTools: false,
      serialConsole: false,
      takeOverTarget: true,
      probes: [
        { kind: 'ssh' },
        { kind: 'tcp', port: 5432, timeoutMs: 60_000 },
        { kind: 'http', port: 80, path: '/health', expectText: 'all is well' },
        { kind: 'mount', mount: '/data' },
        { kind: 'service', name: 'nginx' },
      ],
      verify: 'metadata',
      compress: 'never',
      direct: 'never',
      streams: 4,
      quarantineCap: 3,
    },
    limits,
    cutover: { mode: 'automatic' },
    incrementalIntervalSeconds: 600,
  },
};

/** What the command has no words for. */
const MANIFEST_ALONE: Record<string, object> = {
  storage: { filesFrom: ['a/b', '#odd'] },
  host: { actions: [{ name: 'warm', script: 'echo warm\n', required: false }] },
};

/** What a shell makes of it, word by word. */
function wordsOf(command: string): string[] {
  const shell = spawnSync('sh', ['-c', `smartant() { printf '%s\\0' "$@"; }\n${command}`], { encoding: 'utf8' });
  expect(shell.stderr).toBe('');
  return shell.stdout.split('\0').slice(0, -1);
}

/** With the API's defaults in the place of what is left out, so that only what is meant counts. */
const orderOf = (request: unknown) => migrationInput.parse(request);
const sent = () => cli.api.to('POST /migrations').at(-1)?.body;

describe.each(Object.entries(specs))('of %s', (kind, spec) => {
  const plan = { name: 'moved by copying', source: `old-${kind}`, target: `new-${kind}`, spec };

  it('the command that is copied orders what the wizard orders', async () => {
    const { text, missing } = cliCommandOf(plan);
    expect(missing).toEqual([]);
    const { code, stderr } = await cli.run([...wordsOf(text), '--dry-run']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(orderOf(sent())).toEqual(orderOf(requestOf(plan)));
  });

  it('and so does the manifest, with scripts and lists that the command has no words for', async () => {
    const scope = (spec as Record<string, unknown>)[kind] as object;
    const whole = { ...plan, spec: { ...spec, [kind]: { ...scope, ...MANIFEST_ALONE[kind] } } };
    writeFileSync(join(cli.home, 'plan.yaml'), manifestOf(whole));
    const { code, stderr } = await cli.run(['apply', '-f', 'plan.yaml', '--dry-run']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(orderOf(sent())).toEqual(orderOf(requestOf(whole)));
  });
});
