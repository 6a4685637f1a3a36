import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeIf,
  startRestartablePostgres,
  startS3,
  whyNoToxiproxy,
  type RestartablePostgres,
  type S3Server,
} from '@smartant/test-servers';
import { Bucket, fill } from '../platform/bucket';
import { waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec, type MigrationView } from '../platform/migration';
import { ReplicatedPlatform } from '../platform/replicated-platform';

const OBJECTS = 160;
const PATIENCE_MS = 120_000;
const SLOW = { bytesPerSecond: 512 * 1024, requestsPerSecond: 0, concurrency: 0 };

describeIf(whyNoToxiproxy(), 'databases that are put back to an older state under running services', () => {
  let schedulers: RestartablePostgres;
  let migrators: RestartablePostgres;
  let platform: ReplicatedPlatform;
  let server: S3Server;

  beforeAll(async () => {
    [schedulers, migrators, server] = await Promise.all([startRestartablePostgres(), startRestartablePostgres(), startS3('sample')]);
    // What was sent before a stop cannot be under way for longer here.
    const environment = { SMARTANT_LATE_WRITE_SECONDS: '5' };
    platform = new ReplicatedPlatform({ replicas: 2, postgres: schedulers, migratorPostgres: migrators, environment });
    await platform.start();
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await migrators.stop();
    await server.stop();
  });

  it.each<[string, () => RestartablePostgres[], boolean]>([
    ['both, while a worker is stopped', () => [schedulers, migrators], false],
    ['the schedulers’ alone, as after a failover', () => [schedulers], true],
    ['the migrators’ alone, as after a failover', () => [migrators], true],
  ])(
    '%s: the work is done again and proved, and nothing is said to be done that is not',
    async (_name, chosen, newTimeline) => {
      const [source, target] = await buckets();
      const migration = await ApiMigration.create(platform, {
        source: source.inline(),
        target: target.inline(),
        spec: storageSpec({ limits: SLOW, cutover: { mode: 'manual', sourceFrozen: false } }),
      });
      await until(migration, ({ phase, ledger }) => phase === 'full' && (ledger['copiedObjects'] ?? 0) > 20);
      const servers = chosen();
      const backups = await Promise.all(servers.map((postgres) => postgres.backUp()));
      const before = await incarnations();
      await migration.call('PATCH', 'limits', { bytesPerSecond: 0 });
      // The future that is going to be lost.
      await until(migration, ({ phase }) => phase === 'incremental');
      const zombie = servers.length > 1 ? platform.replicas['storage-migrator'][0]! : undefined;
      zombie?.freeze();
      await Promise.all(servers.map((postgres, at) => postgres.putBack(backups[at]!, { newTimeline })));
      // What was copied in that future is no proof of anything any more.
      await Promise.all([target.remove('object-7'), target.put('object-8', 'not what it was'), target.put('stray', 'nobody copied this')]);
      await waitFor(
        'other incarnations',
        async () => (await incarnations()).filter((id) => !before.includes(id)).length === servers.length,
        60_000,
      );
      zombie?.wake();

      await migration.call('PATCH', 'limits', { bytesPerSecond: 0 });
      const seen: MigrationView[] = [];
      await until(migration, (view) => seen.push(view) > 0 && view.phase === 'incremental');
      expect(seen.filter(({ verification, phase }) => verification !== null || phase === 'done')).toEqual([]);
      await migration.act('cutover', { sourceFrozen: true });
      const done = await until(migration, ({ phase, status }) => phase === 'done' && status === 'succeeded');
      expect(done.verification).toMatchObject({ equal: true, sourceFrozen: true, sourceObjects: OBJECTS, targetObjects: OBJECTS });
      expect(await target.contents()).toEqual(await source.contents());
      await checkReport(migration);
      if (servers.includes(migrators)) expect(await endedToBeRevalidated(migration)).toBe(1);
      expect(platform.internalErrors).toEqual([]);
      expect(platform.unexpectedEnds).toEqual([]);
    },
    400_000,
  );

  async function buckets(): Promise<[Bucket, Bucket]> {
    const name = `restored-${Date.now()}`;
    await Promise.all([server.createBucket(name), server.createBucket(`${name}-target`)]);
    const source = new Bucket(server, name);
    await fill(source, OBJECTS, (index) => ({ key: `object-${index}`, body: Buffer.alloc(32 * 1024, `${index} `) }));
    return [source, new Bucket(server, `${name}-target`)];
  }

  /** The API answers late while the database is not let in to, and says 503. */
  const until = (migration: ApiMigration, condition: (view: MigrationView) => boolean) => migration.until(condition, PATIENCE_MS);

  async function incarnations(): Promise<string[]> {
    const newest = (schema: string) => `SELECT id FROM ${schema}.incarnation ORDER BY number DESC LIMIT 1`;
    const ids = [
      await platform.query<{ id: string }>(newest('scheduler')),
      await platform.query<{ id: string }>(newest('storage_migrator'), [], migrators),
    ];
    return ids.flat().map(({ id }) => id);
  }

  async function endedToBeRevalidated(migration: ApiMigration): Promise<number> {
    const rows = await platform.query(
      `SELECT 1 FROM storage_migrator.run WHERE migration_id = $1 AND error->>'code' = 'RUN_REVALIDATE'`,
      [migration.id],
      migrators,
    );
    return rows.length;
  }

  /** As an auditor would: offline, with the key that was pinned at installation. */
  async function checkReport(migration: ApiMigration): Promise<void> {
    const [file, key] = [join(platform.dataFolder, 'report.json'), join(platform.dataFolder, 'pinned.pem')];
    writeFileSync(file, JSON.stringify(await migration.call('GET', 'report')));
    writeFileSync(key, platform.reportPublicKeyPem);
    expect(await platform.cli(['report', 'verify', file, '--key', key])).toMatchObject({ status: 0 });
  }
});
