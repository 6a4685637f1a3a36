// Restores a backup into a data folder (`smartant admin restore`): starts its database alone, fills it, stops it. The order comes as JSON on stdin.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { databaseName } from './database-setup.mjs';
import { EmbeddedPlatform } from './platform.mjs';
import { writeSecret } from './secrets.mjs';
import { readSettings } from './settings.mjs';

const require = createRequire(import.meta.url);
const say = (line) => console.log(line);

/** The platform's own keys must be those that its rows were sealed with; earlier ones are kept beside them. */
function putKeys(dataFolder, secrets) {
  const folder = join(dataFolder, 'secrets');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  for (const [name, value] of Object.entries(secrets)) {
    if (!/^[a-z][a-z-]*$/.test(name)) throw new Error(`"${name}" names no secret`);
    const path = join(folder, name);
    if (existsSync(path)) renameSync(path, `${path}.before-${stamp}`);
    writeSecret(path, value);
  }
}

async function restore({ path, passphrase, replace, secrets }) {
  const platform = new EmbeddedPlatform({ settings: readSettings(process.env, process.cwd()), say });
  try {
    await platform.prepare();
    platform.build();
    await platform.startDatabase();
    const { restoreBackup } = require('@smartant/platform/backup');
    const url = new URL(`postgres://postgres@127.0.0.1:${platform.settings.ports.postgres}/${databaseName}`);
    url.password = encodeURIComponent(platform.secrets['postgres-password'].value);
    await restoreBackup({ databaseUrl: url.toString(), path, passphrase, replace, onTable: (table) => say(`restored ${table}`) });
    // After the rows: a restore that failed has changed nothing.
    putKeys(platform.dataFolder, secrets);
  } finally {
    await platform.stop();
  }
}

try {
  await restore(JSON.parse(await text(process.stdin)));
} catch (error) {
  const { code = 'START_FAILED', message, hint, kind } = error;
  console.log(JSON.stringify({ error: { code, message, hint, kind } }));
  process.exitCode = 1;
}
