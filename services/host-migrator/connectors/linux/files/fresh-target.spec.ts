import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import { LocalSession } from './fixtures/local-session';
import { memoryJob, type MemoryJob } from './fixtures/memory-job';
import { treeManifest } from './fixtures/tree-manifest';
import { uutilsPrograms } from './fixtures/uutils-programs';
import type { FilesOptions } from './files-options';
import { syncFiles } from './sync-files';

const never = new AbortController().signal;

describe('a first round', () => {
  let folder: string;
  let source: LocalSession;
  let options: FilesOptions;
  let job: MemoryJob;

  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'smartant-fresh-'));
    for (const side of ['source', 'target']) fs.mkdirSync(join(folder, side));
    job = memoryJob();
    source = new LocalSession();
    options = {
      source,
      target: new LocalSession(),
      sourceRoot: join(folder, 'source'),
      targetRoot: join(folder, 'target'),
      fileSystems: [{ mount: '/', type: 'ext4' }],
      exclude: [],
    };
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const at = (path: string) => join(options.sourceRoot, path);
  const there = (path: string) => join(options.targetRoot, path);
  const sorted = () => source.commands.some((command) => command.includes(' | sort '));
  const expectSame = () => expect(treeManifest(options.targetRoot)).toEqual(treeManifest(options.sourceRoot));
  const sync = (changed: Partial<FilesOptions> = {}) => syncFiles(job, { ...options, ...changed }, never);

  /** Directories with times of their own, names of one inode in two of them, and devices that are told beside them. */
  function makeTree(): void {
    for (const name of ['a', 'b/deep', 'home']) {
      fs.mkdirSync(at(name), { recursive: true });
      fs.writeFileSync(at(`${name}/file`), name);
      execFileSync('mknod', [at(`${name}/null`), 'c', '1', '3']);
    }
    fs.linkSync(at('a/file'), at('b/deep/link'));
    for (const name of ['a', 'b/deep', 'b', 'home', '.']) fs.utimesSync(at(name), 1, 1_000_000_000);
  }

  it('carries what the walk tells, unsorted, where the target has nothing', async () => {
    makeTree();
    await sync();
    expect(sorted()).toBe(false);
    expectSame();
    expect(job.ledger.deletedFiles).toBe(0);
  });

  it('does so too beside the mount points of other filesystems, whose own metadata are set', async () => {
    makeTree();
    fs.mkdirSync(there('home'), { mode: 0o700 });
    await sync();
    expect(sorted()).toBe(false);
    expectSame();
  });

  it('compares where the target has something that the source does not, and removes it', async () => {
    makeTree();
    fs.mkdirSync(there('extra'));
    await sync();
    expect(sorted()).toBe(true);
    expectSame();
    expect(job.ledger).toMatchObject({ deletedFiles: 1, listedFiles: treeManifest(options.sourceRoot).length - 1 });
  });

  it('counts names of one inode once, also where it had to compare after all', async () => {
    fs.writeFileSync(at('name'), 'linked');
    fs.linkSync(at('name'), at('other'));
    fs.mkdirSync(there('extra'));
    await sync();
    expect(sorted()).toBe(true);
    expect(job.ledger).toMatchObject({ copiedFiles: 2, copiedBytes: 6 });
    expectSame();
  });

  it('compares where the target has files', async () => {
    makeTree();
    fs.writeFileSync(there('other'), 'x');
    await sync();
    expect(sorted()).toBe(true);
    expectSame();
  });

  it('puts a file in the place of a directory', async () => {
    makeTree();
    fs.mkdirSync(there('a/file'), { recursive: true });
    fs.mkdirSync(there('b/deep/null'), { recursive: true });
    await sync();
    expectSame();
  });

  it('leaves alone what is excluded, with devices in it', async () => {
    for (const name of ['keep', 'skip/in', 'skip/out']) {
      fs.mkdirSync(at(name), { recursive: true });
      execFileSync('mknod', [at(`${name}/null`), 'c', '1', '3']);
      fs.writeFileSync(at(`${name}/file`), 'x');
    }
    await sync({ exclude: ['/sk*'] });
    expect(sorted()).toBe(false);
    expect(fs.readdirSync(there('.'))).toEqual(['keep']);
    expect(fs.readdirSync(there('keep')).toSorted()).toEqual(['file', 'null']);
  });

  it.each(['a round', 'a round without changes'])('takes the key away that a former holder has left: %s', async (round) => {
    makeTree();
    if (round !== 'a round') {
      await sync();
      job.stored = { files: { since: Math.floor(Date.now() / 1_000) + 60, attempt: null } };
    }
    const keys = join(folder, '.ssh/authorized_keys');
    fs.mkdirSync(join(folder, '.ssh'));
    const others = 'ssh-ed25519 AAAA someone@example.com\nssh-ed25519 BBBB .smartant-mig_tester\n';
    fs.writeFileSync(keys, `${others}restrict,command="sh x" ssh-ed25519 CCCC .smartant-mig_test\n`);
    await sync({ target: new LocalSession(() => undefined, { HOME: folder }) });
    expect(fs.readFileSync(keys, 'utf8')).toBe(others);
  });

  it('asks each host once before it walks, and prepares nothing to write with when there is nothing to write', async () => {
    makeTree();
    await sync();
    job.stored = { files: { since: Math.floor(Date.now() / 1_000) + 60, attempt: null } };
    const target = new LocalSession();
    const again = new LocalSession();
    const result = await sync({ source: again, target });
    expect(result).toMatchObject({ way: null, copiedFiles: 0 });
    expect(again.commands).toHaveLength(3);
    // It also sorts the names of inodes that have several.
    expect(target.commands).toHaveLength(4);
    expectSame();
  });

  it('carries devices as they are where the coreutils are those of uutils: at once, and where it compares', async () => {
    const name = Buffer.concat([Buffer.from(`${options.sourceRoot}/`), Buffer.of(0xff, 0xfe)]);
    execFileSync('sh', [
      '-c',
      'cd "$1" && mknod "$(printf "\\377\\376")" b 8 259 && touch -h -d "2001-02-03 04:05:06.000000009" ./*',
      'sh',
      at('.'),
    ]);
    expect(fs.existsSync(name)).toBe(true);
    const session = new LocalSession(undefined, uutilsPrograms(join(folder, 'uutils')));
    await sync({ source: session, target: session });
    expectSame();
    await sync({ source: session, target: session });
    expectSame();
  });

  it('loses nothing beside a device that was gone when its numbers were asked for', async () => {
    makeTree();
    for (let index = 0; index < 20; index += 1) execFileSync('mknod', [at(`a/device${index}`), 'c', '1', '3']);
    for (let index = 0; index < 20; index += 1) fs.writeFileSync(at(`a/other${index}`), 'x');
    const programs = join(folder, 'programs');
    fs.mkdirSync(programs);
    const script = '#!/bin/sh\n[ "$1" = --version ] || exit 1\nexec /usr/bin/stat --version\n';
    fs.writeFileSync(join(programs, 'stat'), script, { mode: 0o755 });
    const gone = new LocalSession(undefined, { PATH: `${programs}:${process.env['PATH'] ?? ''}` });
    await sync({ source: gone });
    expectSame();
  });

  it('that fails has ended all of its streams: none writes while another attempt looks at the target', async () => {
    for (const name of ['a', 'b', 'c', 'd']) execFileSync('truncate', ['-s', '300M', at(name)]);
    let open = 0;
    // As at a host, where what is to end is told so first, and waited for.
    const session = new LocalSession((_command, process) => {
      open += 1;
      const { done } = process;
      process.done = done.finally(async () => {
        for (let turns = 0; turns < 1_000; turns += 1) await turn();
        open -= 1;
      });
      process.done.catch(() => undefined);
    });
    let asked = 0;
    job = memoryJob(
      { streams: 2 },
      {
        admit: (_bytes, within) => {
          asked += 1;
          if (asked > 1) return Promise.reject(new SmartantError('QUOTA_EXCEEDED', 'no more', { kind: 'precondition' }));
          return new Promise((_, reject) => within.addEventListener('abort', () => reject(within.reason as Error)));
        },
      },
    );
    await expect(sync({ source: session, target: session })).rejects.toThrow('no more');
    expect([asked > 1, open]).toEqual([true, 0]);
  });
});
