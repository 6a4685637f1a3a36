// Makes what deploy/compose/compose.yaml needs beside images: secrets, certificates and the database's first statements. What is there stays;
// certificates near their end are replaced, and running services take them up.
//   npm run compose:prepare
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { databaseName, databaseRoles, setUpDatabase } from '../../tools/start/database-setup.mjs';
import { repositoryRoot } from '../../tools/start/install.mjs';
import { ensureSecrets } from '../../tools/start/secrets.mjs';

const { ensureAuthority, issueCertificate } = createRequire(import.meta.url)('@smartant/platform/tls');

/** Writes a file that containers read, whoever they run as and whatever the umask is: the folder around it is closed to others on this machine. */
function writeForContainers(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  chmodSync(dirname(path), 0o755);
  writeFileSync(`${path}.new`, content);
  chmodSync(`${path}.new`, 0o444);
  renameSync(`${path}.new`, path);
}

/** What `npm start` says to a new server, by database and in order: `[{ database, statements }]`. */
export async function firstStatements(secrets) {
  const said = [];
  const client = (database) => {
    const entry = { database, statements: [] };
    said.push(entry);
    return {
      connect: async () => undefined,
      end: async () => undefined,
      escapeIdentifier: pg.escapeIdentifier,
      escapeLiteral: pg.escapeLiteral,
      // A new server holds nothing of ours yet.
      query: async (sql) => {
        if (!/^SELECT /.test(sql)) entry.statements.push(sql);
        return { rowCount: 0, rows: [] };
      },
    };
  };
  await setUpDatabase({ client }, secrets, { embeddedBus: false });
  return said;
}

/** Each service has a folder of its own; the authority's key is in none of them. */
async function issueCertificates(folder, names) {
  const authority = join(folder, 'secrets', 'tls');
  await ensureAuthority(authority);
  for (const name of names) {
    const { caFile, certFile, keyFile } = await issueCertificate(authority, name);
    for (const [from, to] of [
      [caFile, 'ca.crt'],
      [certFile, 'service.crt'],
      [keyFile, 'service.key'],
    ]) {
      writeForContainers(join(folder, 'tls', name, to), readFileSync(from));
    }
  }
}

async function prepare(folder) {
  mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const secrets = ensureSecrets(folder, ['redis-password', 'grafana-password']);
  const names = databaseRoles.map(({ service }) => service);
  await issueCertificates(folder, names);
  for (const { service, role } of databaseRoles) {
    const password = encodeURIComponent(secrets[`${service}-database-password`].value);
    writeForContainers(join(folder, 'given', `${service}-database-url`), `postgres://${role}:${password}@postgres:5432/${databaseName}\n`);
  }
  for (const [name, { value }] of Object.entries(secrets)) writeForContainers(join(folder, 'given', name), `${value}\n`);
  writeForContainers(join(folder, 'given', 'kong.env'), `SMARTANT_REDIS_PASSWORD=${secrets['redis-password'].value}\n`);
  const statements = await firstStatements(secrets);
  const sql = statements.map((entry) => [`\\connect ${entry.database}`, ...entry.statements.map((each) => `${each};`)].join('\n'));
  writeForContainers(join(folder, 'postgres', 'first-statements.sql'), `${sql.join('\n')}\n`);
  return readdirSync(join(folder, 'given')).length;
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.argv[2] ?? join(repositoryRoot, 'data', 'compose');
  const count = await prepare(folder);
  console.log(`${folder} holds ${count} secrets. Sign in as admin with what ${join(folder, 'given', 'admin-password')} says.`);
}
