import { execFileSync } from 'node:child_process';
import { Client } from 'pg';
import { freshDatabase } from './shared-postgres';
import { startPostgres } from './start-postgres';

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

describe('startPostgres', () => {
  it('serves databases and leaves nothing behind', async () => {
    const server = await startPostgres();
    const url = await server.createDatabase('Weird "name"');
    expect(await ask(url, 'SELECT current_database() AS name')).toEqual({ name: 'Weird "name"' });
    const folder = (await ask(url, "SELECT current_setting('data_directory') AS folder")) as { folder: string };
    await server.stop();
    await expect(ask(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    expect(() => execFileSync('ls', [folder.folder], { stdio: 'ignore' })).toThrow();
  });
});

describe('freshDatabase', () => {
  it('gives an empty database of its own on one shared server', async () => {
    const [first, second] = [await freshDatabase(), await freshDatabase()];
    expect(new URL(first).port).toBe(new URL(second).port);
    await ask(first, 'CREATE TABLE only_here (id int)');
    expect(await ask(second, "SELECT to_regclass('only_here') AS found")).toEqual({ found: null });
  });
});
