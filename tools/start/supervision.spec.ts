import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The supervisor's modules are ES modules run by Node itself: each test runs them in a process of its own, as they are used. */
const load = (name: string) => `const { ${name.split(':')[1]} } = await import(${JSON.stringify(join(__dirname, name.split(':')[0]!))});`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const nodeArgs = (script: string) => ['--input-type=module', '-e', `const folder = ${JSON.stringify(folder)};\n${script}`];

/** Runs a script to its end; what it raised is { code, message, hint }. */
function run(
  script: string,
  environment: Record<string, string> = {},
): { value?: unknown; code?: string; message?: string; hint?: string } {
  const wrapped = `
    try { console.log(JSON.stringify({ value: await (async () => { ${script} })() })); }
    catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message, hint: error.hint })); }
    process.exit();`;
  const { stdout, stderr } = spawnSync(process.execPath, nodeArgs(wrapped), { encoding: 'utf8', env: { ...process.env, ...environment } });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** Starts a script that stays; resolves when it wrote its first line. */
async function stay(script: string): Promise<{ child: ChildProcess; line: string; nextLine: () => Promise<string> }> {
  const child = spawn(process.execPath, nodeArgs(script), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const nextLine = async () => (await lines.next()).value as string;
  return { child, line: await nextLine(), nextLine };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('settings', () => {
  const read = (environment: Record<string, string>) =>
    run(`${load('settings.mjs:readSettings')} return readSettings(process.env, folder);`, environment);

  it('has a default for everything', () => {
    expect(read({ SMARTANT_DATA: '' })).toMatchObject({
      value: { dataFolder: join(folder, 'data'), ports: { http: 7400, postgres: 7432 } },
    });
  });

  it('names every wrong value at once', () => {
    const { code, message } = read({ SMARTANT_HTTP_PORT: 'http', SMARTANT_POSTGRES_PORT: '70000', SMARTANT_SAMPLE_S3_PORT: '7401' });
    expect(code).toBe('START_CONFIG_INVALID');
    for (const name of ['SMARTANT_HTTP_PORT is "http"', 'SMARTANT_POSTGRES_PORT is "70000"', 'SMARTANT_SAMPLE_S3_PORT'])
      expect(message).toContain(name);
  });

  it.each([['--nonsense'], ['stray'], ['--once', '--no-sample']])('refuses %s with how it is used, and status 2', (...args) => {
    const refused = spawnSync(process.execPath, [join(__dirname, 'start.mjs'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, SMARTANT_DATA: folder },
    });
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('Usage: npm start')]);
  });
});

describe('data folder', () => {
  const open = () => run(`${load('data-folder.mjs:openDataFolder')} openDataFolder(folder);`);

  it('is made, with a version, and opened again', () => {
    expect([open(), open()]).toEqual([{}, {}]);
    expect(JSON.parse(readFileSync(join(folder, 'version.json'), 'utf8'))).toEqual({ dataVersion: 1 });
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  });

  it('of a newer release is refused and left alone', () => {
    writeFileSync(join(folder, 'version.json'), '{"dataVersion":99}');
    expect(open()).toMatchObject({ code: 'START_DATA_NEWER', message: expect.stringContaining('99') });
    expect(existsSync(join(folder, 'secrets'))).toBe(false);
  });

  it('whose version cannot be read is refused', () => {
    writeFileSync(join(folder, 'version.json'), '{"dataVer');
    expect(open()).toMatchObject({ code: 'START_DATA_UNREADABLE' });
  });

  it('that is a file is refused', () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file');
    expect(open()).toMatchObject({ code: 'START_DATA_NOT_WRITABLE' });
  });

  it('on a full disk is refused', () => {
    const { code, message } = run(`${load('data-folder.mjs:checkDiskSpace')} checkDiskSpace(folder, 499 * 1024 * 1024);`);
    expect([code, message]).toEqual(['START_DISK_FULL', expect.stringContaining('499 MiB')]);
  });

  it('keeps its secrets, each for its owner alone', () => {
    const secrets = () =>
      run(
        `${load('data-folder.mjs:openDataFolder')} ${load('secrets.mjs:ensureSecrets')} openDataFolder(folder); return ensureSecrets(folder);`,
      );
    const first = secrets();
    expect(secrets()).toEqual(first);
    const entries = Object.values(first.value as Record<string, { path: string; value: string }>);
    for (const { path, value } of entries) expect([statSync(path).mode & 0o777, value.length >= 20]).toEqual([0o600, true]);
    expect(new Set(entries.map(({ value }) => value)).size).toBe(entries.length);
  });
});

describe('lock', () => {
  const take = `${load('data-folder.mjs:lockDataFolder')} const release = lockDataFolder(folder);`;

  beforeEach(() => mkdirSync(join(folder, 'run')));

  it('names its holder, and is free when the holder lets go', () => {
    expect(run(`${take} release(); lockDataFolder(folder)(); `)).toEqual({});
  });

  it('is taken over from a holder that was killed, but not from a living one', async () => {
    const { child } = await stay(`${take} console.log('held'); setInterval(() => {}, 1e6);`);
    expect(run(take)).toMatchObject({ code: 'START_ALREADY_RUNNING', message: expect.stringContaining(`process ${child.pid}`) });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(run(take)).toEqual({});
  });

  it('is given to one of many that try at once, over a dead holder too', async () => {
    writeFileSync(join(folder, 'run', 'supervisor.lock'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' }));
    const tries = Array.from({ length: 6 }, () =>
      stay(
        `${load('data-folder.mjs:lockDataFolder')} try { lockDataFolder(folder); console.log('held'); } catch (e) { console.log(e.code); } setInterval(() => {}, 1e6);`,
      ),
    );
    const results = await Promise.all(tries);
    for (const { child } of results) child.kill('SIGKILL');
    expect(results.filter(({ line }) => line === 'held')).toHaveLength(1);
    expect(results.filter(({ line }) => line === 'START_ALREADY_RUNNING')).toHaveLength(5);
  });
});

it('says which port is taken, by whom, and which variable changes it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { code, message, hint } = run(`${load('ports.mjs:checkPorts')} await checkPorts({ http: ${port} });`);
  server.close();
  expect(code).toBe('START_PORT_IN_USE');
  expect(message).toContain(`port ${port} (the API)`);
  if (process.platform === 'linux') expect(message).toContain(`process ${process.pid}`);
  expect(hint).toContain('SMARTANT_HTTP_PORT=');
});

describe('a start that is refused', () => {
  const prepare = (dataFolder: string, port: number) =>
    run(
      `${load('platform.mjs:EmbeddedPlatform')} const settings = { dataFolder: ${JSON.stringify(dataFolder)}, ports: { http: ${port} } };
      await new EmbeddedPlatform({ settings, say: () => {} }).prepare();`,
    );

  it('for a taken port makes no data folder', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code } = prepare(join(folder, 'below', 'data'), port);
    server.close();
    expect([code, existsSync(join(folder, 'below'))]).toEqual(['START_PORT_IN_USE', false]);
  });

  // Nothing is ever free in /proc, and nothing can be made there.
  (process.platform === 'linux' ? it : it.skip)('for a full disk has not tried to make one', () => {
    expect(prepare('/proc/below/data', 1).code).toBe('START_DISK_FULL');
  });
});

describe('supervised process', () => {
  /** A supervisor of one child, whose script is given; `ready` is a file that the child makes. */
  const supervise = (childScript: string, more = '') => {
    const script = join(folder, 'child.mjs');
    writeFileSync(
      script,
      `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(join(folder, 'pids'))}, process.pid + '\\n');\n${childScript}`,
    );
    return `${load('supervised-process.mjs:SupervisedProcess')}
      import { existsSync } from 'node:fs';
      const child = new SupervisedProcess({ name: 'child', script: ${JSON.stringify(script)}, environment: {}, logFile: folder + '/log', stopMs: 300,
        isReady: async () => existsSync(folder + '/pids'), say: (line) => console.log(line) });
      child.start();
      ${more}`;
  };
  const pids = () => (existsSync(join(folder, 'pids')) ? readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number) : []);
  const staying = "setInterval(() => {}, 1e6); process.on('disconnect', () => process.exit(0));";

  it('is started again when it crashes, and that is said', async () => {
    const { child, line, nextLine } = await stay(supervise(staying, "await child.whenReady(); console.log('ready');"));
    expect(line).toBe('ready');
    process.kill(pids()[0]!, 'SIGKILL');
    expect(await nextLine()).toMatch(/^child ended \(SIGKILL\); starting it again in 0\.5 s$/);
    await until(() => pids().length === 2);
    child.kill('SIGKILL');
    await until(() => !pids().some(isAlive));
  });

  it('ends when its supervisor is killed', async () => {
    const { child } = await stay(supervise(staying, "await child.whenReady(); console.log('ready');"));
    child.kill('SIGKILL');
    await until(() => !isAlive(pids()[0]!));
  });

  it('is ended for good when it does not end by itself', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); ${staying}`;
    const { child, nextLine } = await stay(
      supervise(stubborn, "await child.whenReady(); console.log('ready'); await child.stop(); console.log('stopped'); process.exit();"),
    );
    expect(await nextLine()).toBe('child did not end within 0.3 s: ending it');
    expect(await nextLine()).toBe('stopped');
    expect(isAlive(pids()[0]!)).toBe(false);
    await once(child, 'exit');
  });

  it('that cannot start is given up, with its last words', () => {
    const dying = "console.error('CONFIG_INVALID: the reason'); process.exit(1);";
    const failing = supervise(dying).replace(/isReady:.*?pids'\)/, 'isReady: async () => false');
    const { code, message } = run(`${failing.replace("import { existsSync } from 'node:fs';", '')} await child.whenReady();`);
    expect([code, message]).toEqual(['START_SERVICE_FAILED', expect.stringContaining('CONFIG_INVALID: the reason')]);
  });
});
