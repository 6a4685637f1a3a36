import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, whyNoKafka, whyNoS3, startKafka, startS3, type S3Server } from '@smartant/test-servers';
import { Bucket } from '../platform/bucket';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration, storageSpec } from '../platform/migration';

const KIB = 1024;
const KILLS_PER_SERVICE = 5;
const SERVICES = ['storage-migrator', 'scheduler'] as const;

/** 3,000 files, of which 3 take many parts, so that a kill meets listings, small puts, parts and checkpoints alike. */
function makeTree(): string {
  const root = mkdtempSync(join(tmpdir(), 'smartant-kill-'));
  for (let i = 0; i < 3_000; i += 1) {
    const folder = join(root, `folder-${i % 23}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${i}`), Buffer.alloc((i % 97) * KIB, `${i} `));
  }
  for (let i = 0; i < 3; i += 1) writeFileSync(join(root, `large-${i}`), Buffer.alloc(80 * KIB * KIB, `large ${i} `));
  return root;
}

function killSuite(startBus: () => Promise<{ environment: Record<string, string>; stop(): Promise<void> }>): void {
  let platform: EmbeddedPlatform;
  let server: S3Server;
  let bus: Awaited<ReturnType<typeof startBus>>;
  const root = makeTree();

  beforeAll(async () => {
    bus = await startBus();
    // The wait for late writes is met at its full length by the chaos suites.
    platform = new EmbeddedPlatform({ SMARTANT_LATE_WRITE_SECONDS: '15', ...bus.environment });
    server = await startS3(whyNoS3('minio') ? 'sample' : 'minio');
    await server.createBucket('killed');
    await platform.start();
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await server.stop();
    await bus.stop();
    rmSync(root, { recursive: true, force: true });
  }, 120_000);

  it(`finishes and proves equality though each service is killed ${KILLS_PER_SERVICE} times`, async () => {
    const target = new Bucket(server, 'killed');
    await platform.api('POST', '/v1/file-roots', { name: 'killed', path: root });
    const migration = await ApiMigration.create(platform, {
      source: { location: { kind: 'file', root: 'killed', path: '' }, secret: { kind: 'none' } },
      target: target.inline(),
      // Slow enough that every kill meets a migration at work.
      spec: storageSpec({ limits: { bytesPerSecond: 8 * KIB * KIB, requestsPerSecond: 0, concurrency: 0 } }),
    });
    await migration.until(({ phase, ledger }) => phase === 'full' && (ledger['copiedObjects'] ?? 0) > 0);
    for (let kill = 0; kill < KILLS_PER_SERVICE; kill += 1) {
      for (const service of SERVICES) {
        await new Promise((resolve) => setTimeout(resolve, randomInt(200, 2_500))); // a random moment, on purpose
        const pid = platform.pidOf(service);
        expect(pid).toBeDefined();
        process.kill(pid!, 'SIGKILL');
        await waitFor(
          `${service} to be started again`,
          () => platform.pidOf(service) !== undefined && platform.pidOf(service) !== pid,
          30_000,
        );
      }
    }
    await waitFor('the API', async () => (await fetch(`${platform.url}/v1/version`)).ok, 30_000);
    await migration.call('PATCH', 'limits', { bytesPerSecond: 0 });
    const done = await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded', 300_000);
    expect(done.verification).toMatchObject({
      equal: true,
      sourceFrozen: true,
      differenceCount: 0,
      sourceObjects: 3_003,
      targetObjects: 3_003,
    });
    expect(done.verification!.targetRoot).toBe(done.verification!.sourceRoot);
    expect((await target.keys()).length).toBe(3_003);
    expect(await target.openUploads()).toEqual([]);
  }, 600_000);
}

describe('kill -9 on the embedded bus', () => {
  killSuite(async () => ({ environment: {}, stop: async () => undefined }));
});

describeIf(whyNoKafka(), 'kill -9 on Kafka', () => {
  killSuite(async () => {
    const kafka = await startKafka();
    return { environment: { SMARTANT_BUS: 'kafka', SMARTANT_KAFKA_BROKERS: kafka.brokers.join(',') }, stop: () => kafka.stop() };
  });
});
