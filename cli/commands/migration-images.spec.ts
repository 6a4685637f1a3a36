import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { buildSmartant, runSmartant } from '../testing/run-smartant';
import { sampleMigration } from '../testing/sample-migration';
import { ScriptedApi, type Script } from '../testing/scripted-api';

let home: string;
let api: ScriptedApi | undefined;

beforeAll(buildSmartant);
beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'smartant-cli-'))));
afterEach(async () => {
  await api?.close();
  api = undefined;
  rmSync(home, { recursive: true });
});

async function run(args: string[], script: Script, env: Record<string, string> = {}) {
  api = await ScriptedApi.start(script);
  return runSmartant(args, { cwd: home, env: { SMARTANT_URL: api.url, SMARTANT_API_KEY: 'key', ...env } });
}

const metadata = { name: 'web-01', namespace: 'shop', annotations: { 'smartant.io/image': 'images/a\nb.qcow2' } };
const listOf = (source: object) => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'cdi.kubevirt.io/v1beta1', kind: 'DataVolume', metadata, spec: { source } },
    { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', metadata },
  ],
});
const answering = (source: object): Script => ({ 'GET /migrations/mig_1/kubevirt-manifests': () => ({ body: listOf(source) }) });

describe('migration manifests', () => {
  it('writes YAML that says where the image is and how it comes to the cluster', async () => {
    const source = { upload: {} };
    const result = await run(['migration', 'manifests', 'mig_1', '--namespace', 'shop'], answering(source));
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('# The image: images/a\\u000ab.qcow2 (file root/path).') });
    expect(result.stdout).toContain('#   virtctl image-upload dv web-01 --namespace shop --no-create --image-path FILE');
    const documents = parseAllDocuments(result.stdout).map((document) => document.toJS() as object);
    expect(documents.filter((document) => document !== null)).toEqual(listOf(source).items);
    expect(Object.fromEntries(api!.to('GET /migrations/mig_1/kubevirt-manifests')[0]!.query)).toEqual({ namespace: 'shop' });
  });

  it('hands over what its options say, and is data for programs', async () => {
    const source = { s3: { url: 'https://s3.example/images/a.qcow2', secretRef: 'reader' } };
    const options = ['--image-url', source.s3.url, '--s3', '--read-with', 'reader', '--network', 'eth0=pod', '--network', 'eth1=vlan-12'];
    const more = ['--name', 'web', '--storage-class', 'ceph', '-o', 'json'];
    const result = await run(['migration', 'manifests', 'mig_1', ...options, ...more], answering(source));
    expect(JSON.parse(result.stdout)).toEqual(listOf(source));
    expect(Object.fromEntries(api!.to('GET /migrations/mig_1/kubevirt-manifests')[0]!.query)).toEqual({
      name: 'web',
      storageClass: 'ceph',
      source: 's3',
      url: source.s3.url,
      secretName: 'reader',
      networks: 'eth0=pod,eth1=vlan-12',
    });
  });

  it('tells what has to be done for an image that is taken from an address, in Chinese too', async () => {
    const source = { http: { url: 'https://img.example/a.qcow2' } };
    const args = ['migration', 'manifests', 'mig_1', '--image-url', source.http.url];
    const { stdout } = await run(args, answering(source), { LANG: 'zh_CN.UTF-8' });
    expect(stdout).toContain('# DataVolume 从 https://img.example/a.qcow2 获取镜像');
    expect(stdout).toContain('# 上传到存储桶：smartant migration upload-image mig_1 s3://BUCKET/PREFIX/');
  });
});

it('uploads an image to a bucket with credentials that nobody sees', async () => {
  const script: Script = {
    'POST /migrations/mig_1/image-uploads': () => ({ status: 201, body: sampleMigration({ id: 'mig_2', phase: 'precheck' }) }),
  };
  const keys = { AWS_ACCESS_KEY_ID: 'AK', AWS_SECRET_ACCESS_KEY: 'canary-key' };
  const result = await run(['migration', 'upload-image', 'mig_1', 's3://images/in/', '--name', 'web to cloud'], script, keys);
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('smartant migration watch mig_2') });
  expect(result.stdout + result.stderr).not.toContain('canary');
  expect(api!.to('POST /migrations/mig_1/image-uploads')[0]?.body).toMatchObject({
    target: {
      location: { kind: 's3', bucket: 'images', prefix: 'in/' },
      secret: { kind: 's3', accessKeyId: 'AK', secretAccessKey: 'canary-key' },
    },
    name: 'web to cloud',
  });
});
