import { describeIf, startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { EarlierVersion, whyNoEarlierVersion } from './earlier-version';
import { expectExpanded, schemasOf } from './schemas';

const OBJECTS = 400;

describeIf(whyNoEarlierVersion('storage'), 'a rolling upgrade', () => {
  let earlier: EarlierVersion;
  let platform: ReplicatedPlatform;
  let server: S3Server;

  beforeAll(async () => {
    earlier = EarlierVersion.build('storage');
    server = await startS3('sample');
    platform = new ReplicatedPlatform({
      replicas: 1,
      cuts: false,
      scripts: { scheduler: earlier.script('scheduler'), 'storage-migrator': earlier.script('storage-migrator') },
      environment: { SMARTANT_LATE_WRITE_SECONDS: '5' },
    });
    await platform.start();
  });
  afterAll(async () => {
    await platform?.dispose();
    await server?.stop();
    earlier?.dispose();
  });

  it('goes on with migrations while both versions run, and when the earlier one is gone', async () => {
    await server.createBucket('src');
    await server.createBucket('dst');
    const [source, target] = [new Bucket(server, 'src'), new Bucket(server, 'dst')];
    for (let n = 0; n < OBJECTS; n += 1) await source.put(`object-${n}`, `content of ${n}`);
    const migration = await ApiMigration.create(platform, {
      source: source.inline(),
      target: target.inline(),
      spec: storageSpec({
        limits: { bytesPerSecond: 0, requestsPerSecond: 20, concurrency: 0 },
        cutover: { mode: 'manual', finalize: 'automatic', sourceFrozen: true },
      }),
    });
    let late = 0;
    /** There is always one more to copy, however long the steps in between take. */
    const goesOn = async () => {
      const seen = (await migration.get()).ledger['copiedObjects'] ?? 0;
      await source.put(`late-${(late += 1)}`, `content of late ${late}`);
      await migration.until((view) => (view.ledger['copiedObjects'] ?? 0) > seen);
    };
    await migration.until((view) => (view.ledger['copiedObjects'] ?? 0) > 5);

    // The later version comes beside the earlier one, and brings its schema.
    const schemas = await schemasOf(platform);
    for (const service of ['storage-migrator', 'scheduler'] as const) await platform.add(service);
    await expectExpanded(schemas, await schemasOf(platform), ['scheduler', 'storage_migrator']);
    // The later one refuses an endpoint that the earlier would reach directly; the earlier one does not know the field.
    const refusals = await bothAnswers(() => saveRouted(platform));
    expect(refusals).toEqual(new Set(['ENDPOINT_NEEDS_UPGRADE', 'REQUEST_INVALID']));
    await goesOn();
    // A replica of the earlier version that is started again still finds its way in the later one's schema.
    const [oldScheduler, newScheduler] = platform.replicas.scheduler;
    const [oldMigrator, newMigrator] = platform.replicas['storage-migrator'];
    for (const replica of [oldScheduler!, oldMigrator!]) {
      await replica.kill();
      await replica.start();
    }
    await goesOn();
    // Only the earlier version works on it, in the later one's schema; then only the later one.
    for (const replica of [newScheduler!, newMigrator!]) await replica.stop();
    await goesOn();
    for (const replica of [newScheduler!, newMigrator!]) await replica.start();
    for (const replica of [oldScheduler!, oldMigrator!]) await replica.stop();
    await migration.call('PATCH', 'limits', { requestsPerSecond: 0 });
    await migration.until(({ phase, status }) => phase === 'incremental' && status === 'waiting');
    await migration.act('cutover', { sourceFrozen: true });
    const end = await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    expect(end.verification).toMatchObject({ equal: true, sourceObjects: OBJECTS + late, targetObjects: OBJECTS + late });
    expect(await target.contents()).toEqual(await source.contents());
    const parked = await platform.query<{ parked: number }>('SELECT count(*)::int AS parked FROM bus.parked');
    expect(parked).toEqual([{ parked: 0 }]);
    // It is taken once the earlier version is gone, which then can't come back. What was killed counts as living for 45 s.
    await waitFor('the endpoint with a way to be taken', async () => (await saveRouted(platform)) === 'saved', 90_000);
    void oldScheduler!.start().catch(() => undefined);
    const isRefused = () =>
      platform.unexpectedEnds.some(({ replica, output }) => replica === oldScheduler!.name && output.includes('DATABASE_NEWER'));
    await waitFor('the earlier scheduler to be refused', isRefused, 60_000);
    await oldScheduler!.stop();
    expect(platform.internalErrors).toEqual([]);
  }, 600_000);
});

/** Resolves with `saved`, or with the code of the refusal. */
async function saveRouted(platform: ReplicatedPlatform): Promise<string> {
  const via = [{ kind: 'proxy', host: '127.0.0.1', port: 3128, tls: false }];
  const location = { kind: 's3', serviceUrl: 'http://127.0.0.1:9000', region: 'us-east-1', bucket: 'routed', via };
  const secret = { kind: 's3', accessKeyId: 'id', secretAccessKey: 'key' };
  return platform.api('POST', '/v1/workspaces/default/endpoints', { name: 'routed', location, secret }).then(
    () => 'saved',
    (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1] ?? error.message,
  );
}

/** What is answered until both versions have been asked. */
async function bothAnswers(ask: () => Promise<string>): Promise<Set<string>> {
  const seen = new Set<string>();
  for (let asked = 0; asked < 40 && seen.size < 2; asked += 1) seen.add(await ask());
  return seen;
}
