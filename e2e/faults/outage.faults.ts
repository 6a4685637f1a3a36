import { describeIf, startS3, startToxiproxy, whyNoToxiproxy, type S3Server } from '@smartant/test-servers';
import { Bucket, fill } from '../platform/bucket';
import { EmbeddedPlatform } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';

const OUTAGE_MS = 60_000;

describeIf(whyNoToxiproxy(), 'an endpoint that is down for 60 s', () => {
  const platform = new EmbeddedPlatform();
  let server: S3Server;
  let toxiproxy: Awaited<ReturnType<typeof startToxiproxy>>;

  beforeAll(async () => {
    server = await startS3('sample');
    toxiproxy = await startToxiproxy();
    await platform.start();
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await toxiproxy.stop();
    await server.stop();
  });

  it('is waited for; nothing is quarantined and nothing is lost', async () => {
    await server.createBucket('from');
    await server.createBucket('into');
    const [source, target] = [new Bucket(server, 'from'), new Bucket(server, 'into')];
    await fill(source, 800, (index) => ({ key: `object-${index}`, body: Buffer.alloc(64 * 1024, `${index} `) }));
    const proxy = await toxiproxy.createProxy(new URL(server.serviceUrl).host);
    const migration = await ApiMigration.create(platform, {
      source: source.inline(),
      target: target.inline('', `http://${proxy.address}`),
      spec: storageSpec({ limits: { bytesPerSecond: 4 * 1024 * 1024, requestsPerSecond: 0, concurrency: 0 } }),
    });
    await migration.until(({ phase, ledger }) => phase === 'full' && (ledger['copiedObjects'] ?? 0) > 0);
    await proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS)); // the outage itself
    expect(await migration.get()).toMatchObject({ phase: 'full', status: 'running' });
    await proxy.mend();
    await migration.call('PATCH', 'limits', { bytesPerSecond: 0 });
    const done = await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded', 240_000);
    expect(done.ledger['quarantinedObjects']).toBe(0);
    expect(await target.contents()).toEqual(await source.contents());
  }, 420_000);
});
