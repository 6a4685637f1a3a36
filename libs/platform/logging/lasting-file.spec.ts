import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeIf, mountSmallDisk, whyNoSmallDisk } from '@smartant/test-servers';
import { createLogger, LastingFile } from './index';

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !condition(); await delay(20)) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in 60 s');
  }
}

type Change = { lost: Error } | { missed: number };
const content = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function openFile(folder: string) {
  const changes: Change[] = [];
  const file = new LastingFile({ folder, name: 'spec.log', retryMs: 20, onChange: (change) => changes.push(change) });
  let written = 0;
  /** Writes lines until one of them is as wanted. */
  const writeUntil = (condition: () => boolean) =>
    until(() => {
      file.write(`line ${(written += 1)}\n`);
      return condition();
    });
  return { file, changes, writeUntil, lastLine: () => `line ${written}\n` };
}

it('begins where its folder cannot be made, and writes once it can', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'smartant-lasting-')), 'logs');
  writeFileSync(folder, 'a file is in the way');
  const { file, changes, writeUntil } = openFile(folder);
  expect(changes).toMatchObject([{ lost: { code: 'EEXIST' } }]);
  file.write('on standard output alone\n');
  rmSync(folder);
  await writeUntil(() => changes.some((change) => 'missed' in change && change.missed > 0));
  await file.close();
  expect(content(join(folder, 'spec.log'))).toMatch(/^line \d+\n/);
  expect(content(join(folder, 'spec.log'))).not.toContain('on standard output alone');
});

describeIf(whyNoSmallDisk(), 'a full disk', () => {
  it('is left alone until there is room again', async () => {
    const disk = mountSmallDisk(4);
    const { file, changes, writeUntil } = openFile(disk.path);
    const path = join(disk.path, 'spec.log');
    await writeUntil(() => content(path).includes('line 1\n'));
    disk.fill();
    await writeUntil(() => changes.some((change) => 'lost' in change));
    disk.free();
    await writeUntil(() => changes.some((change) => 'missed' in change));
    file.write('the last line\n');
    await file.close();
    expect(content(path)).toContain('the last line\n');
    disk.remove();
  });
});

it('gives the file what standard output gets, byte for byte', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-lasting-'));
  let stdout = '';
  const logger = createLogger({ service: 'same', level: 'info', logsDir: folder, output: { write: (line) => void (stdout += line) } });
  logger.info({ password: 'canary', key: 'a/ü.jpg' }, 'one');
  logger.child({ module: 'm' }).warn('two');
  logger.debug('left out of both');
  const path = join(folder, 'same.log');
  await until(() => content(path).split('\n').length > 2);
  expect(content(path)).toBe(stdout);
  expect(stdout).not.toContain('canary');
});
