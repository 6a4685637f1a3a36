import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Each service's login role owns a schema of the same name, and sees no other service's tables. */
export const databaseRoles = [
  { service: 'scheduler', role: 'scheduler' },
  { service: 'storage-migrator', role: 'storage_migrator' },
  { service: 'db-migrator', role: 'db_migrator' },
  { service: 'host-migrator', role: 'host_migrator' },
  { service: 'notifier', role: 'notifier' },
];

export const databaseName = 'smartant';

async function withClient(server, database, work) {
  const client = server.client(database);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function ensureDatabase(server) {
  await withClient(server, 'postgres', async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(databaseName)}`);
    await client.query(`REVOKE ALL ON DATABASE ${client.escapeIdentifier(databaseName)} FROM PUBLIC`);
  });
}

async function ensureRole(client, { role }, password) {
  const name = client.escapeIdentifier(role);
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) await client.query(`CREATE ROLE ${name} LOGIN`);
  await client.query(`ALTER ROLE ${name} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${client.escapeLiteral(password)}`);
  await client.query(`GRANT CONNECT ON DATABASE ${client.escapeIdentifier(databaseName)} TO ${name}`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${name} AUTHORIZATION ${name}`);
}

/** Makes, idempotently, the database, a role and a schema for each service, and the embedded event bus where that is used. */
export async function setUpDatabase(server, secrets, { embeddedBus = true } = {}) {
  await ensureDatabase(server);
  await withClient(server, databaseName, async (client) => {
    await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    for (const entry of databaseRoles) await ensureRole(client, entry, secrets[`${entry.service}-database-password`].value);
    if (!embeddedBus) return;
    const { prepareEmbeddedBus } = require('@smartant/platform/events');
    const executor = { query: async (sql, params) => (await client.query(sql, params)).rows };
    await prepareEmbeddedBus(executor, { grantTo: databaseRoles.map(({ role }) => role) });
  });
}

export function databaseUrl(port, role, password) {
  return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${databaseName}`;
}
