import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AesVault } from '../aes-vault';
import { KeyChain } from '../key-chain';
import { localMasterKeys } from '../vault-settings';
import { LocalKeys } from './local-keys';

const context = 'endpoint/ws_1/ep_1';
const secret = Buffer.from('secret');

describe('master keys in mounted files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-keys-'));
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const env = { SMARTANT_MASTER_KEY_FILE: join(folder, 'key'), SMARTANT_MASTER_KEYS_EXTRA_FILE: join(folder, 'extra') };
  const unreadable: unknown[] = [];
  let nowMs = 0;
  const write = (key: string, extra = '') => {
    writeFileSync(env.SMARTANT_MASTER_KEY_FILE, key);
    writeFileSync(env.SMARTANT_MASTER_KEYS_EXTRA_FILE, extra);
  };
  const text = (key: Buffer) => `${key.toString('base64')}\n`;
  const open = (wrapsHere = true) =>
    new LocalKeys({
      read: () => localMasterKeys(env, wrapsHere),
      onUnreadable: (error) => unreadable.push(error),
      clock: { nowMs: () => nowMs },
    });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('change without a restart: the next key opens before it seals, the last one opens until it is taken away', async () => {
    write(text(first));
    const keys = open();
    const vault = new AesVault(keys);
    const old = await vault.seal(context, secret);
    write(text(first), text(second));
    nowMs += 10_000;
    expect(await vault.keyIds()).toHaveLength(2);
    expect(vault.keyIdOf(await vault.seal(context, secret))).toBe(vault.keyIdOf(old));
    write(text(second), text(first));
    nowMs += 10_000;
    const fresh = await vault.seal(context, secret);
    expect(vault.keyIdOf(fresh)).not.toBe(vault.keyIdOf(old));
    expect(await vault.open(context, old)).toEqual(secret);
    expect(vault.keyIdOf(await vault.rewrap(context, old))).toBe(vault.keyIdOf(fresh));
    write(text(second));
    nowMs += 10_000;
    await expect(vault.open(context, old)).rejects.toMatchObject({ code: 'VAULT_KEY_MISMATCH', details: { keyId: vault.keyIdOf(old) } });
  });

  it('are read again at once when something is sealed under a key that is not known', async () => {
    write(text(first));
    const keys = open();
    const sealed = await new AesVault(Buffer.from(second)).seal(context, secret);
    write(text(first), text(second));
    nowMs += 1_000;
    expect(await new AesVault(keys).open(context, sealed)).toEqual(secret);
  });

  it('stay as they were when the file holds no key any more', async () => {
    write(text(first));
    const vault = new AesVault(open());
    const sealed = await vault.seal(context, secret);
    write('half a k');
    nowMs += 60_000;
    expect(await vault.open(context, sealed)).toEqual(secret);
    expect(unreadable).toEqual([expect.objectContaining({ code: 'CONFIG_INVALID' })]);
    expect(String(unreadable[0])).not.toContain('half a k');
  });

  it('only open what was sealed before where a service wraps', async () => {
    write(text(first));
    const sealed = await new AesVault(Buffer.from(first)).seal(context, secret);
    const service = LocalKeys.single(second);
    const vault = new AesVault(new KeyChain(service, [open(false)]));
    expect(await vault.open(context, sealed)).toEqual(secret);
    const moved = await vault.rewrap(context, sealed);
    expect(vault.keyIdOf(moved)).toBe(await service.currentKeyId());
    await expect(vault.open(context, sealed.replace(/^v1\.\w+/, `v1.${'0'.repeat(16)}`))).rejects.toMatchObject({
      code: 'VAULT_KEY_MISMATCH',
    });
  });
});
