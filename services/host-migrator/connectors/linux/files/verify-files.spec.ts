import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHostileTree } from './fixtures/hostile-tree';
import { LocalSession } from './fixtures/local-session';
import { memoryJob } from './fixtures/memory-job';
import { uutilsPrograms } from './fixtures/uutils-programs';
import { syncFiles } from './sync-files';
import { verifyFiles, type VerifyOptions } from './verify-files';

const never = new AbortController().signal;

describe('verifyFiles', () => {
  let folder: string;
  let options: VerifyOptions;
  const job = memoryJob({}, { waivedFiles: () => Promise.resolve(new Set(['/types/holes'])) });

  beforeEach(async () => {
    folder = fs.mkdtempSync(join(tmpdir(), 'smartant-verify-'));
    for (const side of ['source', 'target']) fs.mkdirSync(join(folder, side));
    options = {
      source: new LocalSession(),
      target: new LocalSession(),
      sourceRoot: join(folder, 'source'),
      targetRoot: join(folder, 'target'),
      fileSystems: [{ mount: '/', type: 'ext4' }],
      exclude: [],
      level: 'content',
    };
    makeHostileTree(options.sourceRoot);
    await syncFiles(job, options, never);
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const at = (path: string) => join(options.targetRoot, path);
  const verify = (changed: Partial<VerifyOptions> = {}) => verifyFiles(job, { ...options, ...changed }, never);
  it('finds a faithful copy equal, to the last root', async () => {
    const verification = await verify();
    expect(verification).toMatchObject({ equal: true, differenceCount: 0, differences: [] });
    expect(verification.sourceRoot).toBe(verification.targetRoot);
    expect(verification.sourceFiles).toBeGreaterThan(40);
    expect(verification.targetBytes).toBe(verification.sourceBytes);
  });

  it('finds what differs where the coreutils are those of uutils, which spoil names that are no UTF-8', async () => {
    const session = new LocalSession(undefined, uutilsPrograms(join(folder, 'uutils')));
    await expect(verify({ source: session, target: session })).resolves.toMatchObject({ equal: true, differenceCount: 0 });
    const name = Buffer.concat([Buffer.from(`${at('names')}/`), Buffer.of(0xff, 0xfe, 0x80)]);
    const { atime, mtime } = fs.statSync(name);
    fs.writeFileSync(name, 'xyz');
    fs.utimesSync(name, atime, mtime);
    const found = await verify({ source: session, target: session });
    expect(found.differences).toMatchObject([{ key: '/names/\\xff\\xfe\\x80', kind: 'content' }]);
  });

  it('names what differs, whatever it is', async () => {
    const { atime, mtime } = fs.statSync(at('types/a/b/c/d/deep'));
    fs.writeFileSync(at('types/a/b/c/d/deep'), 'DEEP');
    fs.utimesSync(at('types/a/b/c/d/deep'), atime, mtime);
    execFileSync('touch', ['-r', join(options.sourceRoot, 'types/a/b/c/d/deep'), at('types/a/b/c/d/deep')]);
    execFileSync('setfattr', ['-n', 'user.note', '-v', 'other', at('rights/noted')]);
    execFileSync('setcap', ['-r', at('rights/capable')]);
    execFileSync('touch', ['-r', join(options.sourceRoot, 'rights'), at('rights')]);
    fs.rmSync(Buffer.concat([Buffer.from(`${at('names')}/`), Buffer.of(0xff, 0xfe, 0x80)]));
    fs.writeFileSync(at('names/line\nend'), 'x');
    execFileSync('touch', ['-r', join(options.sourceRoot, 'names'), at('names')]);
    execFileSync('cp', ['-p', at('types/a/two'), at('types/a/two.new')]);
    fs.renameSync(at('types/a/two.new'), at('types/a/two'));
    execFileSync('touch', ['-r', join(options.sourceRoot, 'types/a'), at('types/a')]);
    const verification = await verify();
    const found = verification.differences.map(({ key, kind }) => `${key} ${kind}`).toSorted();
    expect(found).toEqual([
      '/names/\\xff\\xfe\\x80 missing-at-target',
      '/names/line\\x0aend extra-at-target',
      '/rights/capable metadata',
      '/rights/noted metadata',
      '/types/a/b/c/d/deep content',
      '/types/a/b/three metadata',
      '/types/a/b/three metadata',
    ]);
    expect(verification).toMatchObject({ equal: false, differenceCount: 7, waivedCount: 0 });
    expect(verification.sourceRoot).not.toBe(verification.targetRoot);
  });

  it('does not read contents where only metadata are asked for', async () => {
    fs.writeFileSync(at('types/a/b/c/d/deep'), 'DEEP');
    execFileSync('touch', ['-r', join(options.sourceRoot, 'types/a/b/c/d/deep'), at('types/a/b/c/d/deep')]);
    await expect(verify({ level: 'metadata' })).resolves.toMatchObject({ level: 'metadata', equal: true });
  });

  it('tells what is waived or expected, and passes over it', async () => {
    fs.appendFileSync(at('types/holes'), 'x');
    fs.appendFileSync(at('rights/owned'), 'x');
    const expected = (path: string) => (path === '/rights/owned' ? 'changed by the conversion' : null);
    const verification = await verify({ expected });
    expect(verification).toMatchObject({ equal: true, differenceCount: 2, waivedCount: 2 });
    // What a waiver explains is left out of both, so that equal roots prove the rest.
    expect(verification.sourceRoot).toBe(verification.targetRoot);
    expect(verification.differences.map(({ detail }) => detail.replace(/^.*\(/, '('))).toEqual(
      expect.arrayContaining(['(waived on the record)', '(changed by the conversion)']),
    );
  });
});
