import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

let folder: string;
let port: number;

beforeAll(async () => {
  // For its owner alone: a server of root's runs as another account, and has to work below a folder it may not enter.
  folder = mkdtempSync(join(tmpdir(), 'embedded-'));
  mkdirSync(join(folder, 'logs'));
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  port = (probe.address() as { port: number }).port;
  probe.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process that starts the server, runs `then` with it, and prints a line for each `say`. */
async function supervise(then: string): Promise<{ child: ChildProcess; lines: string[]; said: (text: string) => Promise<void> }> {
  const script = `
    const { PostgresServer } = await import(${JSON.stringify(join(__dirname, 'postgres-server.mjs'))});
    const say = (line) => console.log(line);
    const server = new PostgresServer({ dataFolder: ${JSON.stringify(folder)}, port: ${port}, password: 'secret', say });
    const query = async (sql) => { const client = server.client(); await client.connect(); const { rows } = await client.query(sql); await client.end(); return rows; };
    await server.prepare();
    server.stopStale();
    await server.start();
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    for (const watcher of watchers) watcher();
  });
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => lines.includes(text) && resolve();
      watchers.add(look);
      look();
      child.once('exit', () => reject(new Error(`ended after: ${lines.join(' | ')}`)));
    });
  return { child, lines, said };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isRunning = () => existsSync(join(folder, 'postgres', 'postmaster.pid'));

it('keeps what was committed when its supervisor is killed, and leaves no server behind', async () => {
  const first = await supervise("await query('CREATE TABLE kept AS SELECT 42 AS answer'); say('committed'); setInterval(() => {}, 1e6);");
  await first.said('committed');
  first.child.kill('SIGKILL');
  await until(() => !isRunning());

  const second = await supervise("say(JSON.stringify(await query('SELECT answer FROM kept'))); await server.stop(); say('stopped');");
  await second.said('stopped');
  expect(second.lines).toContain('[{"answer":42}]');
  expect(isRunning()).toBe(false);
});

it('never trades durability for speed, and is open to this machine alone', async () => {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses'];
  const asked = await supervise(
    `for (const name of ${JSON.stringify(names)}) say(name + '=' + Object.values((await query('SHOW ' + name))[0])[0]); await server.stop(); say('stopped');`,
  );
  await asked.said('stopped');
  expect(asked.lines).toEqual(
    expect.arrayContaining(['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'data_checksums=on', 'listen_addresses=127.0.0.1']),
  );
});

it('writes no password to its log', () => {
  expect(readFileSync(join(folder, 'logs', 'postgres.log'), 'utf8')).not.toContain('secret');
});
