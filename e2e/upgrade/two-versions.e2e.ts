import {
  describeIf,
  startRestartablePostgres,
  startS3,
  whyNoClientTools,
  type RestartablePostgres,
  type S3Server,
} from '@smartant/test-servers';
import { contentOf } from '../database/bank';
import { beginBankMigration, cutOver, untilMoreIsApplied, type BankMigration } from '../database/bank-migration';
import { Bucket, fill } from '../platform/bucket';
import { ROOT, waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';
import { OneScheduler } from '../platform/one-scheduler';
import type { Replica } from '../platform/replica';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { metricOf } from '../scaling/autoscaling';
import { EarlierVersion, whyNoEarlierVersion } from './earlier-version';
import { readEvents, type LoggedEvent } from './read-events';
import { expectExpanded, schemasOf } from './schemas';

const OBJECTS = 40;
const MIGRATORS = ['storage-migrator', 'db-migrator'] as const;

interface Version {
  scheduler: Replica;
  migrators: Replica[];
}

describeIf(whyNoEarlierVersion('databases') ?? whyNoClientTools(), 'two versions on one database and one bus', () => {
  let earlier: EarlierVersion;
  let platform: ReplicatedPlatform;
  let store: S3Server;
  let source: RestartablePostgres;
  let target: RestartablePostgres;

  beforeAll(async () => {
    earlier = EarlierVersion.build('databases');
    const script = (name: string) => ({ [name]: earlier.script(name) });
    [store, source, target] = await Promise.all([startS3('sample'), startRestartablePostgres(), startRestartablePostgres()]);
    platform = new ReplicatedPlatform({
      replicas: 1,
      databases: true,
      cuts: false,
      scripts: { ...script('scheduler'), ...script('storage-migrator'), ...script('db-migrator') },
      environment: { SMARTANT_LATE_WRITE_SECONDS: '5' },
    });
    await platform.start();
  }, 300_000);
  afterAll(async () => {
    await platform?.dispose();
    await Promise.all([store?.stop(), source?.stop(), target?.stop()]);
    earlier?.dispose();
  }, 60_000);

  const version = (index: number): Version => ({
    scheduler: platform.replicas.scheduler[index]!,
    migrators: MIGRATORS.map((name) => platform.replicas[name][index]!),
  });

  const migrateBucket = async (name: string) => {
    await Promise.all([store.createBucket(`${name}-from`), store.createBucket(`${name}-to`)]);
    const [from, to] = [new Bucket(store, `${name}-from`), new Bucket(store, `${name}-to`)];
    await fill(from, OBJECTS, (index) => ({ key: `object-${index}`, body: Buffer.from(`content of ${index}`) }));
    const migration = await ApiMigration.create(platform, { source: from.inline(), target: to.inline(), spec: storageSpec() });
    await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    expect(await to.contents()).toEqual(await from.contents());
  };

  /** One watches at its scheduler, the other pauses at its own. */
  const pauseAcross = async (watching: Replica, pausing: Replica, { id }: ApiMigration) => {
    const [at, by] = await Promise.all([watching, pausing].map((replica) => OneScheduler.signIn(replica, platform.dataFolder)));
    await waitFor('it to run', async () => (await at!.get(id)).status === 'running', 60_000);
    const path = `/v1/workspaces/default/migrations/${id}`;
    const told = await at!.watch(
      id,
      ({ status }) => status === 'paused',
      () => by!.api('POST', `${path}/pause`, {}),
    );
    expect(told).toMatchObject({ id, phase: 'incremental' });
    await at!.api('POST', `${path}/resume`, {});
    await waitFor(
      'both to say that it runs',
      async () => (await Promise.all([at!.get(id), by!.get(id)])).every(({ status }) => status === 'running'),
      60_000,
    );
  };

  const logged = (after: string, topic: string) =>
    platform.query<{ position: string; event: LoggedEvent }>(
      'SELECT position, event FROM bus.log WHERE position > $1 AND topic = $2 ORDER BY position',
      [after, topic],
    );
  const lastPosition = async () =>
    (await platform.query<{ last: string }>('SELECT coalesce(max(position), 0)::text AS last FROM bus.log'))[0]!.last;

  /** The scheduler of one version and the migrators of the other do a whole migration and go on with one; resolves with the facts of that time. */
  const across = async (name: string, scheduler: Version, migrators: Version, goesOn: BankMigration): Promise<LoggedEvent[]> => {
    await Promise.all([scheduler.scheduler, ...migrators.migrators].map((replica) => replica.start()));
    await Promise.all([migrators.scheduler, ...scheduler.migrators].map((replica) => replica.stop()));
    const before = await lastPosition();
    await Promise.all([migrateBucket(name), untilMoreIsApplied(goesOn)]);
    const runs = await logged(before, 'smartant.runs.v1');
    expect(runs.length).toBeGreaterThan(2);
    // The scheduler has taken all of them, and knew what they are.
    const unread = `SELECT 1 FROM bus.log JOIN bus.group_partition AS read USING (topic, partition)
      WHERE consumer_group = 'scheduler' AND log.position > read.position AND log.position <= $1`;
    await waitFor('the scheduler to take them', async () => (await platform.query(unread, [runs.at(-1)!.position])).length === 0, 30_000);
    expect(await metricOf(scheduler.scheduler, 'smartant_events_unknown_total')).toBe(0);
    const changes = await logged(before, 'smartant.migrations.v1');
    expect(changes.length).toBeGreaterThan(2);
    return [...runs, ...changes].map(({ event }) => event);
  };

  it('know each other’s calls, facts, steps and work', async () => {
    const bank = await beginBankMigration(platform, { source, target, name: 'bank' });
    const { migration } = bank;
    await migration.until(({ phase, ledger }) => phase === 'incremental' && (ledger['appliedTransactions'] ?? 0) > 10);

    const schemas = await schemasOf(platform);
    await Promise.all(([...MIGRATORS, 'scheduler'] as const).map((service) => platform.add(service)));
    const expanded = await schemasOf(platform);
    await expectExpanded(schemas, expanded, ['scheduler', 'storage_migrator', 'db_migrator']);
    expect([schemas, expanded].map(({ columns }) => columns.has('db_migrator.database_check.id'))).toEqual([false, true]);

    const [older, newer] = [version(0), version(1)];
    await pauseAcross(older.scheduler, newer.scheduler, migration);
    await pauseAcross(newer.scheduler, older.scheduler, migration);

    const facts = [...(await across('forth', older, newer, bank)), ...(await across('back', newer, older, bank))];
    expect(readEvents(earlier.folder, facts)).toEqual(readEvents(ROOT, facts));
    expect(await platform.query('SELECT * FROM bus.parked')).toEqual([]);

    await Promise.all(newer.migrators.map((replica) => replica.start()));
    await Promise.all(older.migrators.map((replica) => replica.stop()));
    await cutOver(bank);
    expect(await contentOf(bank.targetUrl)).toEqual(await contentOf(bank.sourceUrl));
    await migration.act('finalize');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    expect(platform.unexpectedEnds).toEqual([]);
    expect(platform.internalErrors).toEqual([]);
  }, 600_000);
});
