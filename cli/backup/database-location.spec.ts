import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../context';
import { readKeys } from './database-location';

describe('the keys of a platform for its backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const contextOf = (env: Record<string, string>) =>
    ({ env: { SMARTANT_HOME: join(folder, 'none'), ...env }, cwd: folder, homeDir: folder }) as unknown as CliContext;

  it('are all of those that secrets may still be sealed under', () => {
    writeFileSync(join(folder, 'extra'), 'one\ntwo\n');
    const env = { SMARTANT_MASTER_KEY: 'now', SMARTANT_MASTER_KEYS_EXTRA_FILE: 'extra', SMARTANT_API_KEY_PEPPER: 'pepper' };
    expect(readKeys(contextOf(env))).toEqual({ 'master-key': 'now', 'master-keys-extra': 'one\ntwo', 'api-key-pepper': 'pepper' });
  });

  it('need no master key where a key management service has its own', () => {
    const pepper = { SMARTANT_API_KEY_PEPPER: 'pepper' };
    expect(() => readKeys(contextOf(pepper))).toThrow(expect.objectContaining({ code: 'CLI_KEYS_NOT_FOUND' }));
    expect(readKeys(contextOf({ ...pepper, SMARTANT_KMS: 'transit' }))).toEqual({ 'api-key-pepper': 'pepper' });
  });
});
