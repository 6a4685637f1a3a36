import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostJob } from '../../../application/ports/host-engine';
import { makeHostileTree } from './fixtures/hostile-tree';
import { LocalSession } from './fixtures/local-session';
import { memoryJob, type MemoryJob } from './fixtures/memory-job';
import { treeManifest } from './fixtures/tree-manifest';
import type { FilesOptions } from './files-options';
import { restoreFlags } from './carry-flags';
import { syncFiles } from './sync-files';

const SKIP = ['proc', 'tmp', 'var/tmp', 'lost+found'];
const never = new AbortController().signal;

describe('syncFiles', () => {
  let folder: string;
  let options: FilesOptions;
  let job: MemoryJob;

  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'smartant-files-'));
    for (const side of ['source', 'target']) fs.mkdirSync(join(folder, side));
    job = memoryJob();
    options = {
      source: new LocalSession(),
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
  const write = (path: string, content: string) => fs.writeFileSync(at(path), content);
  const sync = (changed: Partial<FilesOptions> = {}, as: HostJob = job) => syncFiles(as, { ...options, ...changed }, never);
  const expectSame = (skip: string[] = SKIP) => {
    const source = treeManifest(options.sourceRoot, skip);
    expect(treeManifest(options.targetRoot, skip)).toEqual(source);
    expect(source.length).toBeGreaterThan(1);
  };
  /** As if the last round had begun so long after now. */
  const pretendLater = (seconds: number) => {
    const files = job.stored['files'] as { since: number };
    job.stored = { files: { since: files.since + seconds, attempt: null } };
    Object.assign(job.ledger, memoryJob().ledger);
  };

  it('carries everything that a file is made of, and only once', async () => {
    makeHostileTree(options.sourceRoot);
    const first = await sync();
    expectSame();
    expect(first.copiedFiles).toBeGreaterThan(40);
    expect(job.quarantined).toEqual([]);
    expect(fs.readdirSync(there('proc'))).toEqual([]);
    pretendLater(60);
    const second = await sync();
    expect(second).toMatchObject({ copiedFiles: 0, copiedBytes: 0 });
    expect(job.ledger).toMatchObject({ copiedFiles: 0, deletedFiles: 0, unchangedFiles: job.ledger.listedFiles });
    expectSame();
  });

  it('carries what has changed in any way, and removes what is gone', async () => {
    makeHostileTree(options.sourceRoot);
    await sync();
    pretendLater(60);
    write('rights/owned', 'more');
    fs.chmodSync(at('rights/noted'), 0o600);
    fs.utimesSync(at('types'), 7, 7);
    fs.rmSync(at('types/fifo'));
    fs.rmSync(at('types/a/b/c'), { recursive: true });
    fs.renameSync(at('types/one'), at('types/renamed'));
    fs.rmSync(at('types/link'));
    fs.symlinkSync('two', at('types/link'));
    fs.rmSync(at('types/null'));
    execFileSync('mknod', [at('types/null'), 'c', '1', '5']);
    await sync();
    expectSame();
    expect(job.ledger.deletedFiles).toBe(5);
  });

  it('sees by the change of the inode what neither size nor time tell', async () => {
    write('silent', 'aaaa');
    write('labelled', 'x');
    await sync();
    const { mtime } = fs.statSync(at('silent'));
    write('silent', 'bbbb');
    fs.utimesSync(at('silent'), mtime, mtime);
    execFileSync('touch', ['-r', there('silent'), at('silent')]);
    execFileSync('setfattr', ['-n', 'user.note', '-v', 'new', at('labelled')]);
    await sync();
    expectSame([]);
  });

  it('puts one type in the place of another', async () => {
    for (const [path, kind] of [
      ['file', 'f'],
      ['folder', 'd'],
      ['link', 'l'],
    ] as const) {
      if (kind === 'd') {
        fs.mkdirSync(at(`${path}/deep/down`), { recursive: true });
        write(`${path}/deep/down/file`, 'x');
      } else if (kind === 'f') write(path, 'x');
      else fs.symlinkSync('/etc', at(path));
    }
    await sync();
    for (const path of ['file', 'folder', 'link']) fs.rmSync(at(path), { recursive: true });
    fs.mkdirSync(at('file'));
    write('file/inside', 'y');
    write('folder', 'y');
    fs.mkdirSync(at('link'));
    write('link/hosts-of-ours', 'y');
    await sync();
    expectSame([]);
  });

  it('keeps names of one inode together, and apart what is not one any more', async () => {
    for (const name of ['a', 'b', 'c', 'd']) fs.mkdirSync(at(name));
    write('a/1', 'content');
    for (const name of ['b/2', 'c/3', 'd/4']) fs.linkSync(at('a/1'), at(name));
    await sync();
    expectSame([]);
    fs.rmSync(at('c/3'));
    execFileSync('cp', ['-p', at('a/1'), at('c/3')]);
    fs.linkSync(at('c/3'), at('c/5'));
    fs.renameSync(at('d/4'), at('d/renamed'));
    await sync();
    expectSame([]);
  });

  it('leaves alone on both sides what is excluded', async () => {
    for (const name of ['keep', 'cache', 'logs', 'gone']) fs.mkdirSync(at(name));
    for (const name of ['keep/a', 'cache/a', 'logs/a.log', 'logs/b', 'gone/own']) write(name, 'x');
    for (const name of ['cache', 'logs', 'gone', 'extra']) fs.mkdirSync(there(name));
    for (const name of ['cache/own', 'logs/own.log', 'gone/own', 'extra/own']) fs.writeFileSync(there(name), 'own');
    fs.rmSync(at('gone'), { recursive: true });
    await sync({ exclude: ['/cache', '/logs/*.log', '/gone/own'] });
    expect(fs.readdirSync(there('.')).toSorted()).toEqual(['cache', 'gone', 'keep', 'logs']);
    expect(fs.readdirSync(there('cache'))).toEqual(['own']);
    expect(fs.readdirSync(there('logs')).toSorted()).toEqual(['b', 'own.log']);
    expect(fs.readdirSync(there('gone'))).toEqual(['own']);
    expect(job.ledger.deletedFiles).toBe(2);
  });

  it('goes on where it was killed', async () => {
    makeHostileTree(options.sourceRoot);
    const abort = new AbortController();
    let files = 0;
    const dying = memoryJob(
      {},
      {
        count: ({ copiedFiles = 0 }) => {
          files += copiedFiles;
          if (copiedFiles > 0) abort.abort(new Error('killed'));
        },
      },
    );
    dying.state.save = job.state.save;
    fs.mkdirSync(at('many'));
    for (let i = 0; i < 2_000; i += 1) write(`many/${i}`, 'x');
    // Of no blocks, and as much as several streams are given.
    for (let i = 0; i < 8; i += 1) execFileSync('truncate', ['-s', '40M', at(`many/hole${i}`)]);
    await expect(syncFiles(dying, options, abort.signal)).rejects.toThrow('killed');
    expect(files).toBeGreaterThan(0);
    const { attempt } = job.stored['files'] as { attempt: number };
    // As if what was killed had taken minutes, and had begun long after the files were made.
    job.stored = { files: { since: null, attempt: attempt + 60 } };
    await sync();
    expectSame();
    // Names of one inode are carried by each round that does not know.
    expect(job.ledger.copiedFiles).toBeLessThanOrEqual(job.ledger.listedFiles - files + 3);
  });

  it('carries a stream again that breaks', async () => {
    makeHostileTree(options.sourceRoot);
    let broken = 0;
    const source = new LocalSession((command, { kill }) => {
      if (command.startsWith('tar ') && broken < 2) {
        broken += 1;
        kill();
      }
    });
    await sync({ source });
    expect(broken).toBe(2);
    expect(job.messages).toContain('A stream broke; what it held is carried again.');
    expectSame();
  });

  it('follows files that come, change and go while it looks', async () => {
    fs.mkdirSync(at('churn'));
    const churn = setInterval(() => {
      for (let i = 0; i < 50; i += 1) {
        const path = `churn/${Math.floor(Math.random() * 500)}`;
        if (Math.random() < 0.3) fs.rmSync(at(path), { force: true });
        else write(path, 'x'.repeat(Math.random() * 100_000));
      }
    }, 1);
    for (let round = 0; round < 2; round += 1) await sync();
    clearInterval(churn);
    await sync();
    expect(job.quarantined).toEqual([]);
    expectSame([]);
  });

  it('never follows a link of the target out of its root', async () => {
    const outside = join(folder, 'outside');
    fs.mkdirSync(outside);
    write('a', 'x');
    await sync();
    fs.mkdirSync(at('trap'));
    write('trap/file', 'x');
    // A race that a user of the source has won: the walk of the target saw no such name.
    const target = new LocalSession((command) => {
      if (command.includes('--extract') && !fs.existsSync(there('trap'))) fs.symlinkSync(outside, there('trap'));
    });
    await sync({ target }).catch(() => undefined);
    expect(fs.readdirSync(outside)).toEqual([]);
    await sync();
    expect(fs.readdirSync(outside)).toEqual([]);
    expectSame([]);
  });

  it('says that the target is full, and is done when there is room', async () => {
    for (let i = 0; i < 40; i += 1) write(`file${i}`, 'x'.repeat(1_000_000));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', options.targetRoot]);
    try {
      await expect(sync()).rejects.toMatchObject({ code: 'HOST_TARGET_FULL', retryable: false });
      execFileSync('mount', ['-o', 'remount,size=160m', options.targetRoot]);
      await sync();
      expectSame([]);
    } finally {
      execFileSync('umount', [options.targetRoot]);
    }
  });

  it('makes immutable last what is so at the source, and changes it again in a later round', async () => {
    fs.mkdirSync(at('etc'));
    for (const name of ['etc/resolv.conf', 'etc/log', 'etc/other']) write(name, 'x');
    const flags = (path: string) => execFileSync('lsattr', ['-d', path], { encoding: 'utf8' }).split(' ')[0]?.replace(/[-e]/g, '');
    execFileSync('chattr', ['+i', at('etc/resolv.conf')]);
    execFileSync('chattr', ['+a', at('etc/log')]);
    try {
      await sync();
      await expect(restoreFlags(job, options, never)).resolves.toBe(2);
      expect(['etc/resolv.conf', 'etc/log', 'etc/other'].map((path) => flags(there(path)))).toEqual(['i', 'a', '']);
      execFileSync('chattr', ['-i', at('etc/resolv.conf')]);
      write('etc/resolv.conf', 'changed');
      await sync();
      expectSame([]);
      expect(flags(there('etc/log'))).toBe('');
    } finally {
      execFileSync('chattr', ['-R', '-i', '-a', folder]);
    }
  });

  it('predicts what the next round would carry', async () => {
    for (let i = 0; i < 10; i += 1) write(`file${i}`, 'x'.repeat(1_000));
    let carried = false;
    const source = new LocalSession((command) => {
      if (!command.includes('-newerct') || carried) return;
      carried = true;
      write('file3', 'y'.repeat(5_000));
    });
    const { predicted } = await sync({ source });
    expect(predicted.files).toBeGreaterThan(0);
    expect(predicted.bytes).toBeGreaterThanOrEqual(5_000);
  });

  it('refuses programs that cannot carry what files are made of', async () => {
    const busybox = join(folder, 'busybox');
    fs.mkdirSync(busybox);
    fs.writeFileSync(join(busybox, 'tar'), '#!/bin/sh\necho "tar (busybox) 1.36.1"\n', { mode: 0o755 });
    await expect(sync({ source: new LocalSession(undefined, { PATH: `${busybox}:${process.env['PATH'] ?? ''}` }) })).rejects.toMatchObject({
      code: 'HOST_PROGRAMS_UNFIT',
      details: { side: 'source', needed: 'tar (GNU tar)' },
    });
  });

  it('refuses to write over a running system', async () => {
    await expect(sync({ targetRoot: '/' })).rejects.toMatchObject({ code: 'HOST_TARGET_ROOT_REFUSED' });
  });

  it('raises rather than removing what an incomplete walk did not see', async () => {
    for (const name of ['a', 'b', 'c']) write(name, 'x');
    await sync();
    const broken = join(folder, 'broken');
    fs.mkdirSync(broken);
    const script = '#!/bin/sh\n[ "$1" = --version ] || exit 1\nexec /usr/bin/find --version\n';
    fs.writeFileSync(join(broken, 'find'), script, { mode: 0o755 });
    const source = new LocalSession(undefined, { PATH: `${broken}:${process.env['PATH'] ?? ''}` });
    await expect(sync({ source })).rejects.toMatchObject({ code: 'HOST_WALK_FAILED', retryable: true });
    expect(fs.readdirSync(there('.')).toSorted()).toEqual(['a', 'b', 'c']);
  });
});
