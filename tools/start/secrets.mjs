import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Twenty characters that nobody mistakes for one another: about 98 bits. */
const typeable = () => {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  // 248 is the largest multiple of 31 in a byte: what lies above would favour some characters.
  const bytes = [...randomBytes(64)].filter((byte) => byte < 248).slice(0, 20);
  return bytes.map((byte) => alphabet[byte % alphabet.length]).join('');
};

const generators = {
  'master-key': () => randomBytes(32).toString('base64'),
  'api-key-pepper': () => randomBytes(32).toString('base64'),
  'admin-password': typeable,
  'postgres-password': () => randomBytes(24).toString('base64url'),
  'scheduler-database-password': () => randomBytes(24).toString('base64url'),
  'storage-migrator-database-password': () => randomBytes(24).toString('base64url'),
  'db-migrator-database-password': () => randomBytes(24).toString('base64url'),
  'host-migrator-database-password': () => randomBytes(24).toString('base64url'),
  'notifier-database-password': () => randomBytes(24).toString('base64url'),
  'notifier-key': () => randomBytes(32).toString('base64'),
  'intake-token': () => randomBytes(24).toString('base64url'),
  'sample-s3-secret-key': () => randomBytes(24).toString('base64url'),
};

/** Writes a file that only its owner reads; it appears whole or not at all. */
export function writeSecret(path, value) {
  const fresh = `${path}.${process.pid}.new`;
  writeFileSync(fresh, `${value}\n`, { mode: 0o600, flag: 'wx' });
  try {
    rmSync(path, { force: true });
    linkSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** The secrets of a data folder, made at its first start and kept; each in a file of mode 0600. `typed`: more of them, for people to type. */
export function ensureSecrets(dataFolder, typed = []) {
  const secrets = {};
  for (const [name, generate] of [...Object.entries(generators), ...typed.map((each) => [each, typeable])]) {
    const path = join(dataFolder, 'secrets', name);
    if (!existsSync(path)) writeSecret(path, generate());
    secrets[name] = { path, value: readFileSync(path, 'utf8').trim() };
  }
  return secrets;
}

/** The file for master keys besides the current one, one a line; empty as long as there are none. See docs/guides/secrets-and-keys.md. */
export function extraKeysFile(dataFolder) {
  const path = join(dataFolder, 'secrets', 'master-keys-extra');
  if (!existsSync(path)) writeSecret(path, '');
  return path;
}
