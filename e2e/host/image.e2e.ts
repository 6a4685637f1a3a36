import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf, startS3, whyNoS3, type S3Server } from '@smartant/test-servers';
import { Client } from 'pg';
import { parseAllDocuments } from 'yaml';
import { Bucket } from '../platform/bucket';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration } from '../platform/migration';

const IMAGE_BYTES = 96 * 1024 * 1024 + 1;
const INVENTORY = {
  ...{
    hostname: 'web-01',
    os: 'Debian GNU/Linux 12',
    kernel: '6.1.0',
    architecture: 'x86_64',
    boot: 'uefi',
    cpus: 2,
    memoryBytes: 2 ** 31,
  },
  disks: [],
  fileSystems: [],
  interfaces: [{ name: 'eth0', addresses: [], isCard: true }],
  databases: [],
};
const LAYOUT = {
  boot: 'uefi',
  disks: [{ disk: 'image', sizeBytes: 2 ** 33, table: 'gpt', partitions: [] }],
  volumeGroups: [],
  excluded: [],
};

/** What becomes of an image. The image is a file of random bytes, and its migration is told to be finished: to write one takes a machine of QEMU. */
describeIf(whyNoS3('minio'), 'the image of a host', () => {
  const platform = new EmbeddedPlatform();
  const root = mkdtempSync(join(tmpdir(), 'smartant-e2e-images-'));
  let server: S3Server;
  let bucket: Bucket;
  let id: string;
  let digest: string;

  beforeAll(async () => {
    [server] = await Promise.all([startS3('minio'), platform.start()]);
    await server.createBucket('images');
    bucket = new Bucket(server, 'images');
    mkdirSync(join(root, 'new'));
    const content = randomBytes(IMAGE_BYTES);
    writeFileSync(join(root, 'new/web-01.qcow2'), content);
    writeFileSync(join(root, 'new/web-01.qcow2.part'), 'of another');
    digest = createHash('sha256').update(content).digest('hex');
    await platform.api('POST', '/v1/file-roots', { name: 'images', path: root });
    id = await finishedMigration();
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await server?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  async function finishedMigration(): Promise<string> {
    const migration = await ApiMigration.create(platform, {
      name: 'web',
      source: { location: { kind: 'ssh', host: '127.0.0.1', port: 1 }, secret: { kind: 'ssh', password: 'secret' } },
      target: { location: { kind: 'image', root: 'images', path: 'new/web-01.qcow2' } },
      spec: { kind: 'host' },
    });
    await migration.act('cancel');
    await migration.until(({ status }) => status === 'cancelled');
    const password = encodeURIComponent(readFileSync(join(platform.dataFolder, 'secrets/postgres-password'), 'utf8').trim());
    const port = platform.port('SMARTANT_POSTGRES_PORT');
    const client = new Client({ connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/smartant` });
    await client.connect();
    const finished = { phase: 'done', status: 'succeeded', order: 'none', openedAt: new Date().toISOString(), inventory: INVENTORY };
    await client
      .query(
        `UPDATE scheduler.migration SET phase = 'done', status = 'succeeded', at_rest = true, revision = revision + 1, state = (state::jsonb || $2::jsonb),
           spec = jsonb_set(spec::jsonb, '{host,layout}', $3::jsonb) WHERE id = $1`,
        [migration.id, JSON.stringify(finished), JSON.stringify(LAYOUT)],
      )
      .finally(() => client.end());
    return migration.id;
  }

  it('goes into a bucket whole, though its migrator is killed in between', async () => {
    const begun = await platform.cli(['migration', 'upload-image', id, bucket.url('in/')], bucket.environment('TARGET'));
    expect(begun).toMatchObject({ status: 0 });
    const upload = ApiMigration.of(platform, /(mig_[0-9a-f]+) uploads the image/.exec(begun.stdout)?.[1] ?? '');
    await waitFor('parts', async () => (await bucket.openUploads()).includes('in/web-01.qcow2'), 60_000);
    process.kill(platform.pidOf('storage-migrator')!, 'SIGKILL');
    // What the lost worker may have sent is waited for before anything is compared.
    const ended = await upload.until(({ phase, status }) => phase === 'done' && status === 'succeeded', 300_000);
    expect(ended.verification).toMatchObject({ equal: true, sourceFrozen: true, sourceObjects: 1, targetObjects: 1 });
    expect(await bucket.keys()).toEqual(['in/web-01.qcow2']);
    expect(await bucket.read('in/web-01.qcow2')).toMatchObject({ sha256: digest, size: IMAGE_BYTES });
    expect(await bucket.openUploads()).toEqual([]);
  }, 420_000);

  it('is refused by a bucket that lets nobody in, and says so', async () => {
    const keys = { SMARTANT_TARGET_ACCESS_KEY_ID: 'nobody', SMARTANT_TARGET_SECRET_ACCESS_KEY: 'canary-of-nobody' };
    const refused = await platform.cli(['migration', 'upload-image', id, bucket.url('no/'), '--watch'], keys);
    expect(refused.status).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(/STORAGE_\w+|PRECHECK_BLOCKED/);
    expect(refused.stdout + refused.stderr).not.toContain('canary');
  }, 120_000);

  it('becomes manifests of KubeVirt', async () => {
    const url = `${server.serviceUrl}/images/in/web-01.qcow2`;
    const made = await platform.cli([
      'migration',
      'manifests',
      id,
      '--namespace',
      'shop',
      '--image-url',
      url,
      '--s3',
      '--read-with',
      'reader',
    ]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const objects = parseAllDocuments(made.stdout).map((document) => document.toJS() as object);
    expect(objects.filter((object) => object !== null)).toMatchObject([
      {
        kind: 'DataVolume',
        metadata: { name: 'web-01', namespace: 'shop', annotations: { 'smartant.io/image': 'images/new/web-01.qcow2' } },
        spec: { source: { s3: { url, secretRef: 'reader' } }, storage: { resources: { requests: { storage: '8192Mi' } } } },
      },
      {
        kind: 'VirtualMachine',
        spec: { template: { spec: { domain: { cpu: { cores: 2 }, firmware: { bootloader: { efi: { secureBoot: false } } } } } } },
      },
    ]);
    const wrong = await platform.cli(['migration', 'manifests', id, '--namespace', 'Shop']);
    expect(wrong.status).not.toBe(0);
    expect(wrong.stderr).toContain('KUBEVIRT_MANIFEST_INVALID');
  });
});
