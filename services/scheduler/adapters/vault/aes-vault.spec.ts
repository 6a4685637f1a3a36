import { randomBytes } from 'node:crypto';
import { AesVault } from './aes-vault';

const vault = new AesVault(randomBytes(32));
const context = 'endpoint/ws_1/ep_1';
const secret = Buffer.from('{"secretAccessKey":"CANARY-SECRET"}');

describe('the vault', () => {
  it('opens what it sealed, and seals the same value differently each time', async () => {
    const [one, two] = await Promise.all([vault.seal(context, secret), vault.seal(context, secret)]);
    expect(one).not.toBe(two);
    expect(one).not.toContain('CANARY');
    expect(await vault.open(context, one)).toEqual(secret);
    expect(await vault.open(context, await vault.seal(context, Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
  });

  it.each(['endpoint/ws_2/ep_1', 'endpoint/ws_1/ep_2'])('refuses a secret moved to %s', async (other) => {
    await expect(vault.open(other, await vault.seal(context, secret))).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });

  it('refuses a secret of which any character was changed', async () => {
    const sealed = await vault.seal(context, secret);
    const body = sealed.indexOf('.', 3) + 1;
    for (let at = body; at < sealed.length; at += 7) {
      if (sealed[at] === '.') continue;
      const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      if (
        Buffer.from(changed.split('.')[3]!, 'base64url').equals(Buffer.from(sealed.split('.')[3]!, 'base64url')) &&
        changed.split('.')[2] === sealed.split('.')[2]
      )
        continue;
      await expect(vault.open(context, changed)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    }
    for (const cut of ['', 'v1', 'v2.a.b.c', sealed.slice(0, -8), `${sealed.split('.').slice(0, 3).join('.')}.AAAA`]) {
      await expect(vault.open(context, cut)).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
    }
  });

  it('says so when another master key sealed it', async () => {
    const other = new AesVault(randomBytes(32));
    await expect(other.open(context, await vault.seal(context, secret))).rejects.toMatchObject({ code: 'VAULT_KEY_MISMATCH' });
  });

  it('refuses a master key of the wrong length', () => {
    expect(() => new AesVault(randomBytes(16))).toThrow(expect.objectContaining({ code: 'VAULT_MASTER_KEY_INVALID' }));
  });

  it('fingerprints by key, context and content', () => {
    expect(vault.fingerprint('a', secret)).toBe(vault.fingerprint('a', secret));
    expect(vault.fingerprint('b', secret)).not.toBe(vault.fingerprint('a', secret));
    expect(new AesVault(randomBytes(32)).fingerprint('a', secret)).not.toBe(vault.fingerprint('a', secret));
  });
});
