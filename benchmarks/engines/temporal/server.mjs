// Temporal's server on a PostgreSQL that runs already: built from its Go module (`go build ./cmd/server ./cmd/tools/sql`).
import { execFileSync, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end } from '../../storage/processes.mjs';

/** `source`: the unpacked Go module; `binaries`: the folder of `server` and `sql`; `folder`: for its configuration and log. */
export async function startTemporal({ source, binaries, folder, database }) {
  for (const [name, schema] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ]) {
    const connection = [
      '-u',
      'postgres',
      '--pw',
      'benchmark',
      '--ep',
      '127.0.0.1',
      '-p',
      String(database.port),
      '--pl',
      'postgres12',
      '--db',
      name,
    ];
    const tool = (...args) => execFileSync(join(binaries, 'sql'), [...connection, ...args], { stdio: 'ignore' });
    tool('create');
    tool('setup-schema', '-v', '0.0');
    tool('update-schema', '-d', join(source, `schema/postgresql/v12/${schema}/versioned`));
  }
  // Its own ports are kept: a port above 32,767, as the system gives out, does not fit its column.
  const template = readFileSync(join(source, 'config/development-postgres12.yaml'), 'utf8');
  const config = template
    .replaceAll('127.0.0.1:5432', `127.0.0.1:${database.port}`)
    .replaceAll('user: "temporal"', 'user: "postgres"')
    .replaceAll('password: "temporal"', 'password: "benchmark"')
    .replaceAll('level: info', 'level: error')
    .replaceAll('file:///tmp', `file://${folder}`)
    .replace('config/dynamicconfig', join(source, 'config/dynamicconfig'));
  const file = join(folder, 'temporal.yaml');
  writeFileSync(file, config);
  const log = openSync(join(folder, 'temporal.log'), 'a');
  const child = spawn(join(binaries, 'server'), ['--config-file', file, '--allow-no-auth', 'start'], { stdio: ['ignore', log, log] });
  const address = '127.0.0.1:7233';
  return { pid: child.pid, address, log: () => readFileSync(join(folder, 'temporal.log'), 'utf8'), stop: () => end(child) };
}
