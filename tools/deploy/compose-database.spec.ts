import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type TestPostgres } from '@smartant/test-servers';
import { Client } from 'pg';

const ROOT = join(__dirname, '..', '..');
const RUN_TYPESCRIPT = join(ROOT, 'libs', 'platform', 'lifecycle', 'testkit', 'run-typescript.cjs');

describe('the database of the compose file', () => {
  let server: TestPostgres;
  let data: string;
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'smartant-compose-'));
    execFileSync(process.execPath, [join(ROOT, 'tools', 'build', 'build.mjs'), 'libs/kernel', 'libs/platform'], { stdio: 'ignore' });
    execFileSync(process.execPath, [join(ROOT, 'deploy', 'compose', 'prepare.mjs'), data], { stdio: 'ignore' });
    server = await startPostgres();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  /** As psql does: one statement after the other, each by itself, `\connect` between databases. */
  async function runScript(text: string): Promise<void> {
    let client = new Client({ connectionString: server.url });
    await client.connect();
    for (const line of text.split('\n').filter(Boolean)) {
      const database = /^\\connect (\w+)$/.exec(line)?.[1];
      if (database === undefined) {
        await client.query(line);
        continue;
      }
      await client.end();
      client = new Client({ connectionString: Object.assign(new URL(server.url), { pathname: `/${database}` }).toString() });
      await client.connect();
    }
    await client.end();
  }

  it('takes its first statements, and then lets each service make its own schema and see no other', async () => {
    await runScript(readFileSync(join(data, 'postgres', 'first-statements.sql'), 'utf8'));
    const { port } = new URL(server.url);
    const urlOf = (service: string) => {
      const url = new URL(readFileSync(join(data, 'given', `${service}-database-url`), 'utf8').trim());
      expect(url.host).toBe('postgres:5432');
      return Object.assign(url, { hostname: '127.0.0.1', port }).toString();
    };
    for (const service of ['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator', 'notifier']) {
      const said = execFileSync(process.execPath, ['-r', RUN_TYPESCRIPT, join(ROOT, 'services', service, 'migrate-schema.ts')], {
        encoding: 'utf8',
        env: { ...process.env, SMARTANT_DATABASE_URL: urlOf(service) },
      });
      expect((JSON.parse(said) as { applied: string[] }).applied.length).toBeGreaterThan(2);
    }
    const client = new Client({ connectionString: urlOf('db-migrator') });
    await client.connect();
    await expect(client.query('SELECT * FROM scheduler.schema_migration')).rejects.toThrow(/permission denied/);
    await client.end();
  });
});
