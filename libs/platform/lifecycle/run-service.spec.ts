import { spawn, type ChildProcessWithoutNullStreams, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes } from './index';

const TESTKIT = join(__dirname, 'testkit');

function run(behaviour: string, env: NodeJS.ProcessEnv = {}, stdio: StdioOptions = 'pipe') {
  const child = spawn(process.execPath, ['-r', join(TESTKIT, 'run-typescript.cjs'), join(TESTKIT, 'spec-service.ts'), behaviour], {
    env: { ...process.env, ...env },
    stdio,
  }) as ChildProcessWithoutNullStreams;
  const text = { out: '', err: '' };
  const watchers: (() => void)[] = [];
  for (const [key, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream.on('data', (chunk: Buffer) => {
      text[key] += chunk.toString();
      for (const watcher of watchers) watcher();
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number);
  const said = (expected: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.out.includes(expected) && resolve();
      watchers.push(look);
      look();
      void exited.then(() => reject(new Error(`exited without saying "${expected}": ${text.err}`)));
    });
  return { child, text, exited, said };
}

describe('runService', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('closes in reverse order on %s, past a failing step, and exits 0', async (signal) => {
    const logs = mkdtempSync(join(tmpdir(), 'smartant-run-'));
    const service = run('works', { SPEC_LOGS: logs });
    await service.said('started');
    service.child.kill(signal);
    expect(await service.exited).toBe(exitCodes.stopped);
    expect(service.text.out).toBe('started\nclosing second\nclosed first\n');
    const log = readFileSync(join(logs, 'spec.log'), 'utf8');
    expect(log).toContain('cannot close');
    expect(log).toContain('service stopped');
  });

  it('shuts down when its supervisor is gone', async () => {
    const service = run('works', { SMARTANT_SUPERVISED: '1' }, ['pipe', 'pipe', 'pipe', 'ipc']);
    await service.said('started');
    // Not `exited`: after a disconnect of our own, Node never emits close.
    const exited = once(service.child, 'exit');
    service.child.disconnect();
    expect((await exited)[0]).toBe(exitCodes.stopped);
    expect(service.text.out).toBe('started\nclosing second\nclosed first\n');
  });

  it('exits at once on a second signal', async () => {
    const service = run('stuck');
    await service.said('started');
    service.child.kill('SIGTERM');
    await service.said('closing second');
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(exitCodes.interruptedTwice);
    expect(service.text.out).not.toContain('closed first');
  });

  it('gives up a shutdown that takes too long', async () => {
    const service = run('stuck-limited');
    await service.said('started');
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(exitCodes.shutdownTimedOut);
  });

  it('closes what was opened when the start fails, and prints the error without its secrets', async () => {
    const service = run('fails');
    expect(await service.exited).toBe(exitCodes.startFailed);
    expect(service.text.out).toBe('closing second\nclosed first\n');
    expect(service.text.err).toContain('spec: INTERNAL_ERROR:');
    expect(service.text.err).toContain('no database at');
    expect(service.text.err).not.toContain('CANARY');
  });

  it('names all wrong settings, with a hint and an exit code of their own', async () => {
    const service = run('bad-config');
    expect(await service.exited).toBe(exitCodes.badConfiguration);
    expect(service.text.err).toMatch(/spec: CONFIG_INVALID:[^]*A_PORT[^]*B_PORT[^]*hint: /);
  });

  it('shuts down and exits 70 after a rejection that nobody handles', async () => {
    const service = run('crashes');
    expect(await service.exited).toBe(exitCodes.crashed);
    expect(service.text.out).toContain('closed first');
  });
});
