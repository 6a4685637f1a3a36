import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openDatabase } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { Client } from 'pg';

const RUN_TYPESCRIPT = join(__dirname, '..', 'lifecycle', 'testkit', 'run-typescript.cjs');

async function run(lastStep: 'expands' | 'contracts' | 'fails', env: Record<string, string>) {
  const child = spawn(process.execPath, ['-r', RUN_TYPESCRIPT, join(__dirname, 'testkit', 'spec-job.ts'), lastStep], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const lines = out.split('\n').filter(Boolean);
  return { status, err, said: lines.map((line) => JSON.parse(line) as { msg: string; applied?: string[]; waiting?: string[] }) };
}

describe('a schema job', () => {
  let url: string;
  beforeEach(async () => {
    url = await freshDatabase();
  });

  async function query(sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it('brings the schema to its newest step, and is nobody who uses it then', async () => {
    const first = await run('expands', { SMARTANT_DATABASE_URL: url });
    expect(first).toMatchObject({ status: 0, err: '' });
    expect(first.said[0]!.applied).toEqual(expect.arrayContaining(['0001-account', '0002-note', 'incarnation-0001']));
    expect(await query('SELECT note FROM bank.account')).toEqual([]);
    expect(await query('SELECT * FROM bank.schema_instance')).toEqual([]);
    const again = await run('expands', { SMARTANT_DATABASE_URL: url });
    expect(again.said[0]).toMatchObject({ applied: [], waiting: [] });
  });

  it('may run many times at once', async () => {
    const runs = await Promise.all([1, 2, 3].map(() => run('expands', { SMARTANT_DATABASE_URL: url })));
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  it('leaves what older programs that run still need, and says so', async () => {
    const migrations = [{ name: '0001-account', up: 'CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL)' }];
    const older = await openDatabase({ url, schema: 'bank', migrations, applicationName: 'older', poolSize: 1 });
    const beside = await run('contracts', { SMARTANT_DATABASE_URL: url });
    expect([beside.status, beside.said[0]!.waiting]).toEqual([0, ['0002-no-balance']]);
    expect(await older.query('SELECT balance FROM account')).toEqual([]);
    await older.close();
    const alone = await run('contracts', { SMARTANT_DATABASE_URL: url });
    expect([alone.status, alone.said[0]!.waiting]).toEqual([0, []]);
    expect(await run('expands', { SMARTANT_DATABASE_URL: url })).toMatchObject({
      status: 1,
      err: expect.stringContaining('DATABASE_NEWER') as string,
    });
  });

  it('undoes a failing step as a whole and fails', async () => {
    const { status, err } = await run('fails', { SMARTANT_DATABASE_URL: url });
    expect([status, err]).toEqual([1, expect.stringContaining('DATABASE_MIGRATION_FAILED')]);
    expect(await query("SELECT to_regclass('bank.half') AS found")).toEqual([{ found: null }]);
    expect(await query('SELECT * FROM bank.schema_instance')).toEqual([]);
  });

  it('asks for its database alone', async () => {
    const { status, err } = await run('expands', { SMARTANT_DATABASE_URL: '' });
    expect([status, err]).toEqual([78, expect.stringContaining('SMARTANT_DATABASE_URL')]);
    expect(err.match(/SMARTANT_\w+/g)).toEqual(['SMARTANT_DATABASE_URL']);
  });

  it('tells its sidecar to end when it is done, and also when it failed', async () => {
    const heard: string[] = [];
    const sidecar = createServer((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.end();
    });
    await new Promise<void>((resolve) => sidecar.listen(0, '127.0.0.1', resolve));
    const env = {
      SMARTANT_DATABASE_URL: url,
      SMARTANT_PROXY_QUIT_URL: `http://127.0.0.1:${(sidecar.address() as AddressInfo).port}/quitquitquit`,
    };
    expect((await run('expands', env)).status).toBe(0);
    expect((await run('fails', env)).status).toBe(1);
    expect(heard).toEqual(['POST /quitquitquit', 'POST /quitquitquit']);
    await new Promise((resolve) => sidecar.close(resolve));
    const gone = await run('expands', env);
    expect([gone.status, gone.said.at(-1)!.msg]).toEqual([0, expect.stringContaining('could not be told to end')]);
  });
});
