import { join } from 'node:path';
import { describeIf, whyNoHosts } from '@smartant/test-servers';
import { makeHostileTree } from '../../services/host-migrator/connectors/linux/files/fixtures/hostile-tree';
import { DIRECTORY, HostPair, WRITER, type HostPairOptions } from '../host/host-pair';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration, type MigrationView } from '../platform/migration';

const MIB = 1024 * 1024;
const PATIENCE_MS = 300_000;
/** Seldom what a test of files is about, and large. */
const ASIDE = ['/usr', '/var', '/boot'];
const MANY_ENTRIES = Number(process.env['SMARTANT_TEST_ENTRIES'] ?? 100_000);

describeIf(whyNoHosts(), 'a host whose migration is hit', () => {
  const platform = new EmbeddedPlatform();
  let pair: HostPair;

  beforeAll(() => platform.start(), 180_000);
  afterAll(() => platform.dispose(), 60_000);
  afterEach(() => pair?.stop());

  /** A source with everything that files can be, and 24 MiB that take some seconds under a limit. */
  async function startPair(options: HostPairOptions = {}): Promise<void> {
    pair = await HostPair.start(options);
    makeHostileTree(join(pair.source.root, 'srv/hostile'));
    pair.within('source', 'mkdir /srv/bulk; for i in $(seq 24); do head -c 1048576 /dev/urandom >/srv/bulk/$i; done');
  }

  const begin = (host: object = {}, bytesPerSecond = 0): Promise<ApiMigration> =>
    ApiMigration.create(platform, {
      source: pair.endpoint('source'),
      target: pair.endpoint('target'),
      spec: {
        kind: 'host',
        host: { targetDirectory: DIRECTORY, exclude: ASIDE, ...host },
        limits: { bytesPerSecond, requestsPerSecond: 0, concurrency: 0 },
        cutover: { mode: 'manual', finalize: 'manual' },
        incrementalIntervalSeconds: 1,
      },
    });

  /** As `until`, for whom a fault has not failed: what is retried by a user is retried. */
  async function until(migration: ApiMigration, condition: (view: MigrationView) => boolean): Promise<MigrationView> {
    let last: MigrationView | undefined;
    await waitFor(
      'the migration',
      async () => condition((last = await migration.get())),
      PATIENCE_MS,
      () => JSON.stringify(last),
    );
    return last!;
  }

  /** Files are counted when their stream has ended: what stands at the target tells of those that are on their way. */
  const midStream = ({ phase, status }: MigrationView) => phase === 'full' && status === 'running' && pair.hasBegun();
  const following = ({ phase, round }: MigrationView) => phase === 'incremental' && round >= 1;

  async function kill(...services: string[]): Promise<void> {
    for (const service of services) {
      const pid = platform.pidOf(service);
      if (pid === undefined) throw new Error(`${service} does not run`);
      process.kill(pid, 'SIGKILL');
      await waitFor(`another ${service}`, () => ![pid, undefined].includes(platform.pidOf(service)), 60_000);
    }
    await waitFor('the API', async () => (await fetch(`${platform.url}/v1/version`)).ok, 60_000);
  }

  async function cutOver(migration: ApiMigration): Promise<void> {
    await migration.act('cutover');
    await expectProved(migration);
  }

  async function expectProved(migration: ApiMigration): Promise<void> {
    const cut = await until(migration, ({ phase, status }) => (phase === 'reversible' && status === 'waiting') || status === 'failed');
    expect(cut.error).toBeNull();
    expect(cut.verification).toMatchObject({ equal: true, differenceCount: 0 });
    const { source, target } = pair.trees('srv');
    expect(target).toEqual(source);
  }

  async function finalize(migration: ApiMigration): Promise<void> {
    await migration.act('finalize');
    await until(migration, ({ phase, status }) => phase === 'done' && status === 'succeeded');
    await waitFor(
      'nothing to be left',
      () => pair.leftBehind().length === 0,
      60_000,
      () => pair.leftBehind().join('\n'),
    );
  }

  it('arrives whole though host-migrator and the scheduler are killed in every phase', async () => {
    await startPair();
    pair.startWriter();
    const migration = await begin({ stopServices: [WRITER] }, 4 * MIB);
    await until(migration, ({ phase }) => phase !== 'precheck');
    await kill('host-migrator');
    await until(migration, midStream);
    await kill('host-migrator', 'scheduler');
    await until(migration, following);
    pair.within('source', 'head -c 12000000 /dev/urandom >/srv/bulk/late');
    const { round } = await migration.get();
    await until(migration, (view) => view.round > round && view.status === 'running');
    await kill('host-migrator');
    await until(migration, (view) => view.round > round + 1);
    await migration.act('cutover');
    await waitFor('the freeze', () => !pair.writerRuns(), PATIENCE_MS);
    await kill('host-migrator', 'scheduler');
    await until(migration, ({ phase, ledger }) => phase === 'reversible' || (phase === 'cutover' && (ledger['verifiedFiles'] ?? 0) > 0));
    await kill('host-migrator');
    await expectProved(migration);
    expect(pair.writerRuns()).toBe(false);
    await migration.act('finalize');
    await kill('host-migrator');
    await until(migration, ({ phase, status }) => phase === 'done' && status === 'succeeded');
    await waitFor(
      'nothing to be left',
      () => pair.leftBehind().length === 0,
      60_000,
      () => pair.leftBehind().join('\n'),
    );
  }, 600_000);

  it('starts its services again when a killed cutover is cancelled', async () => {
    await startPair();
    pair.startWriter();
    const migration = await begin({ stopServices: [WRITER] });
    await until(migration, following);
    await migration.call('PATCH', 'limits', { bytesPerSecond: MIB });
    await migration.act('cutover');
    await waitFor('the freeze', () => !pair.writerRuns(), PATIENCE_MS);
    await kill('host-migrator');
    await migration.act('cancel');
    await until(migration, ({ status }) => status === 'cancelled');
    await waitFor('the service', () => pair.writerRuns(), 60_000);
    // A migration is told as cancelled before its hosts are clean.
    await waitFor('clean hosts', () => pair.leftBehind().length === 0, 60_000);
  }, 300_000);

  it.each([
    ['straight from source to target', 'auto'],
    ['through the migrator', 'never'],
  ])(
    'goes on when the network is cut in mid-stream, %s',
    async (_name, direct) => {
      await startPair();
      const migration = await begin({ direct }, 2 * MIB);
      await until(migration, midStream);
      pair.target.cut();
      // Long enough that connections are given up.
      await new Promise((resolve) => setTimeout(resolve, 25_000));
      pair.target.mend();
      await migration.call('PATCH', 'limits', { bytesPerSecond: 0 });
      await until(migration, following);
      await cutOver(migration);
      await finalize(migration);
    },
    300_000,
  );

  it('goes on when its source was switched off and on again', async () => {
    await startPair();
    const migration = await begin({}, 2 * MIB);
    await until(migration, midStream);
    await pair.source.kill();
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    await pair.source.restart();
    await migration.call('PATCH', 'limits', { bytesPerSecond: 0 });
    await until(migration, following);
    await cutOver(migration);
    await finalize(migration);
  }, 300_000);

  it('says that its target is full, and goes on when there is room', async () => {
    // Room by the mount's word, so that the precheck has nothing to say.
    pair = await HostPair.start({ target: { mounts: [{ path: DIRECTORY, sizeMiB: 1024 * 1024 }] } });
    pair.within('source', 'mkdir /srv/bulk; for i in $(seq 40); do head -c 1048576 /dev/urandom >/srv/bulk/$i; done');
    const migration = await begin({}, 8 * MIB);
    await until(migration, ({ phase }) => phase === 'full');
    pair.within('target', `mount -o remount,size=20m ${DIRECTORY}`);
    await waitFor('it to say so', async () => JSON.stringify(await migration.get()).includes('HOST_TARGET_FULL'), PATIENCE_MS);
    pair.within('target', `mount -o remount,size=200m ${DIRECTORY}`);
    if ((await migration.get()).status === 'failed') await migration.act('retry');
    await until(migration, following);
    await cutOver(migration);
  }, 300_000);

  it('arrives whole though its tree is churned while it is read', async () => {
    await startPair();
    const churn = `mkdir -p /srv/churn; setsid sh -c 'n=0; while [ ! -e /run/calm ]; do n=$((n + 1)); d=/srv/churn/$((n % 50)); rm -rf "$d"; mkdir "$d"; for i in 1 2 3 4 5; do head -c $((n * 97 % 60000)) /dev/zero >"$d/$i"; done; mv "$d" "$d.moved" 2>/dev/null || rm -rf "$d.moved"; ln -sf "$n" /srv/churn/last; done; touch /run/calmed' </dev/null >/dev/null 2>&1 &`;
    pair.within('source', churn);
    const migration = await begin();
    await until(migration, ({ phase, round }) => phase === 'incremental' && round >= 3);
    pair.within('source', 'touch /run/calm; until [ -e /run/calmed ]; do sleep 0.05; done');
    await cutOver(migration);
    await finalize(migration);
  }, 300_000);

  it(`carries a directory of ${MANY_ENTRIES} entries`, async () => {
    await startPair();
    pair.within('source', `mkdir /srv/many; cd /srv/many; seq ${MANY_ENTRIES} | xargs -n 5000 touch --`);
    pair.within('source', `cd /srv/many; touch -- "$(printf 'new\\nline')" '$(touch pwned)' '-rf'`);
    const migration = await begin();
    await until(migration, following);
    await cutOver(migration);
    expect(pair.within('target', `ls -A ${DIRECTORY}/srv/many | wc -l`).trim()).toBe(String(MANY_ENTRIES + 4));
    await finalize(migration);
  }, 600_000);
});
