import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSmartant, runSmartant } from '../testing/run-smartant';
import { ScriptedApi } from '../testing/scripted-api';

const endpoint = {
  id: 'ep_1',
  workspaceId: 'ws_1',
  name: 'photos',
  location: { kind: 's3', serviceUrl: '', region: 'us-east-1', bucket: 'photos', prefix: '', addressing: 'virtual' },
  ownedByMigrationId: null,
  createdAt: '2026-01-02T03:04:05Z',
  updatedAt: '2026-01-02T03:04:05Z',
};
const route = 'PATCH /endpoints/photos';

describe('endpoint update', () => {
  let home: string;
  let api: ScriptedApi;

  beforeAll(async () => {
    buildSmartant();
    home = mkdtempSync(join(tmpdir(), 'smartant-cli-'));
    api = await ScriptedApi.start({ [route]: () => ({ body: endpoint }) });
  });

  afterAll(async () => {
    await api.close();
    rmSync(home, { recursive: true });
  });

  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'CANARY-SECRET' };
  const run = (args: string[], env: Record<string, string> = keys) =>
    runSmartant(['endpoint', 'update', ...args], { cwd: home, env: { SMARTANT_URL: api.url, SMARTANT_API_KEY: 'key', ...env } });

  it('replaces the secret by the one in the environment, and shows it nowhere', async () => {
    const { code, stdout, stderr } = await run(['photos']);
    expect(code).toBe(0);
    expect(stdout).toContain('Endpoint photos has its new secret');
    expect(stdout + stderr).not.toContain('CANARY');
    const secret = { kind: 's3', accessKeyId: 'id', secretAccessKey: 'CANARY-SECRET' };
    expect(api.to(route).map(({ body }) => body)).toEqual([{ secret }]);
  });

  it('takes a new location with it', async () => {
    expect(await run(['photos', 's3://photos/new?endpoint=http://127.0.0.1:9000'])).toMatchObject({ code: 0 });
    expect(api.to(route).at(-1)!.body).toMatchObject({
      location: { kind: 's3', bucket: 'photos', prefix: 'new/', serviceUrl: 'http://127.0.0.1:9000' },
      secret: { kind: 's3' },
    });
  });

  it('takes the way with the location, and not without it', async () => {
    const way = ['--via-proxy', 'http://proxy:3128', '--tls-min', '1.3'];
    expect(await run(['photos', 's3://photos', ...way])).toMatchObject({ code: 0 });
    expect(api.to(route).at(-1)!.body).toMatchObject({
      location: { via: [{ kind: 'proxy', host: 'proxy' }], tls: { minVersion: 'TLSv1.3' } },
    });
    expect(await run(['photos', ...way])).toMatchObject({ code: 2, stderr: expect.stringContaining('CLI_USAGE') });
  });

  it('asks for credentials where there are none', async () => {
    expect(await run(['photos'], {})).toMatchObject({ code: 2, stderr: expect.stringContaining('CLI_CREDENTIALS_NOT_FOUND') });
  });
});
