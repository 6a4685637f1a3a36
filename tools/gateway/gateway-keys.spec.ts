import { generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { JwksSource } from '../../services/gateway-keys/adapters/jwks-source';
import { KongAdmin } from '../../services/gateway-keys/adapters/kong-admin';
import { MachineKeyFolder } from '../../services/gateway-keys/adapters/machine-key-folder';
import { KeepKeys } from '../../services/gateway-keys/application/keep-keys';
import { ChartCopy, helmBinary } from '../deploy/render-chart';
import { KongAdminServer } from './fixtures/kong-admin-server';

const helm = helmBinary();
const MACHINE_KEY = 'canary-machine-key-4f1d2c9a8b7e6f5d';

/** The keys of the chart's own file, as they reach Kong's administration. */
describeIf(helm ? null : 'helm is not installed', 'gateway-keys beside Kong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-gateway-'));
  const admin = new KongAdminServer();
  const said: string[] = [];
  let published: { kid: string; publicKey: KeyObject; privateKey: KeyObject }[] = [];
  let scheduler: Server;
  let jwksUrl: string;
  let adminUrl: string;

  const newKey = (kid: string) => ({ kid, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) });

  beforeAll(async () => {
    const chart = new ChartCopy(helm!);
    const values = ['gateway.machines.consumers[0].name=billing', 'gateway.machines.consumers[0].groups={grpc}'];
    const config = chart.render(values).find(({ metadata, kind }) => kind === 'ConfigMap' && metadata.name === 'kong-config');
    chart.remove();
    writeFileSync(join(folder, 'kong.yaml'), config?.data?.['kong.yaml'] ?? '');
    scheduler = createServer((_, response) => {
      const keys = published.map(({ kid, publicKey }) => ({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }));
      response.writeHead(keys.length > 0 ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => scheduler.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(scheduler.address() as AddressInfo).port}/.well-known/jwks.json`;
    adminUrl = await admin.listen();
  });
  afterAll(() => {
    scheduler.close();
    scheduler.closeAllConnections();
    admin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const note = (fields: object, message: string) => void said.push(`${message} ${JSON.stringify(fields)}`);
  const keepKeys = (machines?: string) =>
    new KeepKeys({
      tokens: new JwksSource(jwksUrl),
      machines: new MachineKeyFolder(machines),
      gateway: new KongAdmin({ url: adminUrl, file: join(folder, 'kong.yaml') }),
      log: { info: note, warn: note },
      everyMs: 1_000,
    });
  const kids = () => consumer('smartant-tokens')?.jwt_secrets?.map(({ key }) => key);
  const consumer = (name: string) => admin.file?.consumers?.find(({ username }) => username === name);

  it('hands over a new key before it signs, and takes an old one away when it is withdrawn', async () => {
    const keys = keepKeys();
    await expect(keys.assertInOrder()).rejects.toMatchObject({ code: 'GATEWAY_KEYS_UNREADABLE' });
    const [first, second] = [newKey('key_1'), newKey('key_2')];
    published = [first];
    await keys.syncOnce();
    await expect(keys.assertInOrder()).resolves.toBeUndefined();
    expect(kids()).toEqual(['key_1']);
    published = [second, first];
    await keys.syncOnce();
    expect(kids()).toEqual(['key_2', 'key_1']);
    published = [second];
    await keys.syncOnce();
    expect(kids()).toEqual(['key_2']);
  });

  it('hands over keys that check what the scheduler signs', async () => {
    published = [newKey('key_3')];
    await keepKeys().syncOnce();
    const [{ rsa_public_key: pem = '' } = {}] = consumer('smartant-tokens')?.jwt_secrets ?? [];
    const token = Buffer.from('header.payload');
    const signature = sign('sha256', token, { key: published[0]!.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(verify('sha256', token, { key: pem, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });

  it('keeps everybody’s keys while the scheduler is away, and says so', async () => {
    const keys = keepKeys();
    published = [newKey('key_4')];
    await keys.syncOnce();
    published = [];
    await keys.syncOnce();
    expect(kids()).toEqual(['key_4']);
    await expect(keys.assertInOrder()).rejects.toMatchObject({ code: 'GATEWAY_KEYS_UNREADABLE' });
  });

  it('hands everything over again after Kong has restarted, and nothing while nothing changes', async () => {
    const keys = keepKeys();
    published = [newKey('key_5')];
    await keys.syncOnce();
    const loads = admin.loads;
    await keys.syncOnce();
    expect(admin.loads).toBe(loads);
    admin.restart();
    await keys.syncOnce();
    expect(kids()).toEqual(['key_5']);
  });

  it('gives a machine the key of its file alone, leaves weak ones out, and tells no key', async () => {
    const machines = mkdtempSync(join(folder, 'machines-'));
    writeFileSync(join(machines, 'billing'), `${MACHINE_KEY}\n`);
    writeFileSync(join(machines, 'stranger'), 'canary-stranger-key-0123456789abcdef');
    const keys = keepKeys(machines);
    await keys.syncOnce();
    expect(consumer('billing')?.keyauth_credentials).toEqual([{ key: MACHINE_KEY }]);
    expect(JSON.stringify(admin.file)).not.toContain('stranger');
    writeFileSync(join(machines, 'billing'), 'short-canary');
    await keys.syncOnce();
    expect(consumer('billing')?.keyauth_credentials).toBeUndefined();
    rmSync(machines, { recursive: true });
    await keys.syncOnce();
    await expect(keys.assertInOrder()).rejects.toMatchObject({ code: 'GATEWAY_KEYS_UNREADABLE' });
    expect(said.join('\n')).not.toMatch(/canary/);
  });
});
