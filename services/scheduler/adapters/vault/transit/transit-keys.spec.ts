import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueCertificate, readTlsMaterial } from '@smartant/platform/tls';
import { AesVault } from '../aes-vault';
import { TransitServer } from './fixtures/transit-server';
import { TransitClient } from './transit-client';
import { TransitKeys } from './transit-keys';
import { FileToken, KubernetesToken } from './transit-token';

const context = 'endpoint/ws_1/ep_1';
const secret = Buffer.from('CANARY-SECRET');

describe('data keys wrapped by a transit engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-transit-'));
  const tokenFile = join(folder, 'token');
  const open: { close(): Promise<void> }[] = [];
  let server: TransitServer;
  let address: string;
  let nowMs: number;
  const clock = { nowMs: () => nowMs };

  beforeEach(async () => {
    nowMs = 1_000_000;
    server = new TransitServer();
    address = `http://127.0.0.1:${await server.listen()}`;
    writeFileSync(tokenFile, 'root\n');
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
    await server.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const client = (over: { ca?: string; namespace?: string; address?: string } = {}) => {
    const made = new TransitClient({ address, timeoutMs: 500, ...over });
    open.push(made);
    return made;
  };
  const keys = (made = client()) =>
    new TransitKeys({ client: made, token: new FileToken(tokenFile), mount: 'transit', key: 'smartant', clock });

  it('open under their context alone, and the secret itself is never sent', async () => {
    const vault = new AesVault(keys(client({ namespace: 'team' })));
    const sealed = await vault.seal(context, secret);
    expect(sealed).toMatch(/^v1\.transit:transit\/smartant:1\./);
    expect(await vault.open(context, sealed)).toEqual(secret);
    await expect(vault.open('endpoint/ws_2/ep_1', sealed)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    expect(server.seen[0]).toMatchObject({ token: 'root', namespace: 'team', path: '/v1/transit/keys/smartant' });
    expect(JSON.stringify(server.seen)).not.toContain('CANARY');
    expect(JSON.stringify(server.seen)).not.toContain(secret.toString('base64'));
  });

  it('are rewrapped inside the engine under its new version, after which the old one may go', async () => {
    const vault = new AesVault(keys());
    const sealed = await vault.seal(context, secret);
    server.rotate();
    nowMs += 60_000;
    expect(await vault.currentKeyId()).toBe('transit:transit/smartant:2');
    expect(await vault.keyIds()).toEqual(['transit:transit/smartant:2', 'transit:transit/smartant:1']);
    const rewrapped = await vault.rewrap(context, sealed);
    expect(vault.keyIdOf(rewrapped)).toBe('transit:transit/smartant:2');
    expect(rewrapped.split('.')[3]).toBe(sealed.split('.')[3]);
    expect(server.seen.filter(({ path }) => path.includes('decrypt'))).toEqual([]);
    server.minDecryptionVersion = 2;
    nowMs += 60_000;
    expect(await vault.open(context, rewrapped)).toEqual(secret);
    expect(await vault.opens('transit:transit/smartant:1')).toBe(false);
    expect(await vault.opens('transit:other/smartant:2')).toBe(false);
  });

  it('knows a version that another replica has used first', async () => {
    const [one, other] = [new AesVault(keys()), new AesVault(keys())];
    await one.seal(context, secret);
    expect(await one.opens('transit:transit/smartant:2')).toBe(false);
    server.rotate();
    const sealed = await other.seal(context, secret);
    nowMs += 2_000;
    expect(await one.opens(one.keyIdOf(sealed))).toBe(true);
    expect(await one.open(context, sealed)).toEqual(secret);
  });

  it('are refused from a key that binds no context', async () => {
    server.derived = false;
    await expect(keys().currentKeyId()).rejects.toMatchObject({ code: 'VAULT_KMS_KEY_UNUSABLE' });
    await expect(new AesVault(keys()).seal(context, secret)).rejects.toMatchObject({ code: 'VAULT_KMS_KEY_UNUSABLE' });
    expect(server.seen.filter(({ path }) => path.includes('encrypt'))).toEqual([]);
  });

  it('are not called corrupt when it is the key that is gone, or its version', async () => {
    const vault = new AesVault(keys());
    const sealed = await vault.seal(context, secret);
    server.rotate();
    server.minDecryptionVersion = 2;
    await expect(vault.open(context, sealed)).rejects.toMatchObject({ code: 'VAULT_KEY_MISMATCH' });
    const later = await vault.seal(context, secret);
    server.isDeleted = true;
    await expect(vault.open(context, later)).rejects.toMatchObject({ code: 'VAULT_KMS_KEY_UNUSABLE' });
  });

  it.each([503, 'hangs'] as const)('fail clearly and may be asked for again when the service %s', async (outage) => {
    const vault = new AesVault(keys());
    const sealed = await vault.seal(context, secret);
    server.outage = outage;
    const asked = server.seen.length;
    for (let time = 0; time < 4; time += 1) {
      await expect(vault.open(context, sealed)).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE', retryable: true });
    }
    // After five failures in a row nothing is sent any more for a while.
    expect(server.seen.length - asked).toBe(5);
  });

  it('go on when the service is back after some failures', async () => {
    const vault = new AesVault(keys());
    const sealed = await vault.seal(context, secret);
    server.outage = 500;
    await expect(vault.open(context, sealed)).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' });
    server.outage = null;
    expect(await vault.open(context, sealed)).toEqual(secret);
  });

  it('use a token that an agent has renewed in its file', async () => {
    const vault = new AesVault(keys());
    await vault.seal(context, secret);
    server.tokens.delete('root');
    await expect(vault.seal(context, secret)).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED' });
    server.tokens.add('renewed');
    writeFileSync(tokenFile, 'renewed');
    expect(await vault.open(context, await vault.seal(context, secret))).toEqual(secret);
    rmSync(tokenFile);
    await expect(vault.seal(context, secret)).rejects.toMatchObject({
      code: 'VAULT_KMS_DENIED',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('sign in with the pod’s service account, again before the lease ends and when the token is refused', async () => {
    const jwtFile = join(folder, 'jwt');
    writeFileSync(jwtFile, 'the-pods-own-token');
    const made = client();
    const token = new KubernetesToken({ client: made, mount: 'kubernetes', role: 'smartant', tokenFile: jwtFile, clock });
    const vault = new AesVault(new TransitKeys({ client: made, token, mount: 'transit', key: 'smartant', clock }));
    const logins = () => server.seen.filter(({ path }) => path.endsWith('/login')).length;
    await Promise.all([vault.seal(context, secret), vault.seal(context, secret)]);
    expect(logins()).toBe(1);
    nowMs += 2_500_000;
    await vault.seal(context, secret);
    expect(logins()).toBe(2);
    server.tokens.clear();
    await vault.seal(context, secret);
    expect(logins()).toBe(3);
    writeFileSync(jwtFile, 'CANARY-OTHER');
    server.tokens.clear();
    const failure = await vault.seal(context, secret).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'VAULT_KMS_DENIED', retryable: true });
    expect(JSON.stringify(failure)).not.toContain('CANARY');
  });

  it('trust only the authority that was named', async () => {
    const tls = await issueCertificate(folder, 'localhost');
    const secure = new TransitServer(readTlsMaterial(tls));
    open.push(secure);
    const at = `https://localhost:${await secure.listen()}`;
    await expect(keys(client({ address: at })).currentKeyId()).rejects.toMatchObject({
      code: 'VAULT_KMS_UNAVAILABLE',
      message: expect.stringMatching(/CERT|SIGNATURE/),
    });
    const trusting = keys(client({ address: at, ca: readFileSync(tls.caFile, 'utf8') }));
    expect(await trusting.currentKeyId()).toBe('transit:transit/smartant:1');
  });
});
