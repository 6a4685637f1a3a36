import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { describeIf } from '../describe-if';
import { whyNoPostgres } from './postgres-binaries';
import { startRestartablePostgres } from './restartable-postgres';

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

describeIf(whyNoPostgres(), 'startRestartablePostgres', () => {
  it('keeps what was committed through a crash, and takes its folder with it in the end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'smartant-postgres-'));
    const server = await startRestartablePostgres({ folder, settings: { max_connections: '17' } });
    const url = await server.createDatabase('kept');
    await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await server.crash();
    expect(server.isRunning()).toBe(false);
    await expect(query(url, 'SELECT 1')).rejects.toThrow();
    await server.start();
    expect(await query(url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(await query(url, `SHOW max_connections`)).toEqual([{ max_connections: '17' }]);
    await server.stop();
    expect(existsSync(folder)).toBe(false);
  });
});
