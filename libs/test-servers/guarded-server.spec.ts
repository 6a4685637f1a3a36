import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuarded, waitUntilReady } from './guarded-server';

const folder = () => mkdtempSync(join(tmpdir(), 'smartant-guard-'));
const guarded = (at: string, script: string) => ({
  command: process.execPath,
  args: ['-e', script],
  options: { cwd: at },
  logFile: join(at, 'server.log'),
  folder: at,
  stopSignal: 'SIGTERM' as const,
});
const sayPid = 'console.log(process.pid); setInterval(() => {}, 1000)';

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in 20 s');
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('startGuarded', () => {
  it('stops the server and removes its folder', async () => {
    const at = folder();
    const server = startGuarded(guarded(at, sayPid));
    await until(() => server.logTail() !== '');
    const pid = Number(server.logTail());
    expect(alive(pid)).toBe(true);
    await server.stop();
    expect(alive(pid)).toBe(false);
    expect(existsSync(at)).toBe(false);
  });

  it('does not let the server outlive a process that is killed', async () => {
    const at = folder();
    const guard = JSON.stringify([join(__dirname, 'guard-process.ts'), JSON.stringify(guarded(at, sayPid))]);
    const starts = `require('node:child_process').spawn(process.execPath, ${guard}, { stdio: ['pipe', 'ignore', 'ignore'] }); setInterval(() => {}, 1000)`;
    const starter = spawn(process.execPath, ['-e', starts]);
    const log = join(at, 'server.log');
    await until(() => existsSync(log) && readFileSync(log, 'utf8') !== '');
    const pid = Number(readFileSync(log, 'utf8'));
    starter.kill('SIGKILL');
    await until(() => !alive(pid) && !existsSync(at));
  });

  it('kills a server as a crash would, and leaves its folder', async () => {
    const at = folder();
    const server = startGuarded(guarded(at, `process.on('SIGTERM', () => console.log('asked')); ${sayPid}`));
    await until(() => server.logTail() !== '');
    const pid = Number(server.logTail());
    await server.kill();
    expect(alive(pid)).toBe(false);
    expect(server.logTail()).toBe(`${pid}\n`);
    await server.stop();
    expect(existsSync(at)).toBe(false);
  });

  it('says what a server said that ended at once', async () => {
    const at = folder();
    const server = startGuarded(guarded(at, 'console.error("no such file"); process.exit(3)'));
    await expect(waitUntilReady(server, 'Sample', async () => false, 20_000)).rejects.toThrow(/ended with status 3:\nno such file/);
    await server.stop();
  });
});
