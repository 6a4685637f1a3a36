import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareUtf8, SmartantError } from '@smartant/kernel';
import type { KeyRange, ListedObject, OpenStorageOptions } from '@smartant/connectors';
import { openFile } from './open-file';
import { FileTree } from './file-tree';
import { TreeWalk } from './tree-walk';

const signal = new AbortController().signal;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof SmartantError ? error.code : String(error)),
  );

describe('FileReader', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'smartant-tree-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const open = (options: Partial<OpenStorageOptions> = {}, path = '') =>
    openFile({ kind: 'file', rootPath: root, path }, { secret: async () => ({ kind: 'none' }), ...options }).reader;
  const write = (path: string | Buffer, content = 'x') => {
    const text = path.toString();
    if (text.includes('/')) mkdirSync(join(root, text.slice(0, text.lastIndexOf('/'))), { recursive: true });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path as string)]), content);
  };
  const list = async (options: Partial<OpenStorageOptions> = {}, range: KeyRange = {}, path = '') => {
    const found: ListedObject[] = [];
    for await (const object of open(options, path).list(range, signal)) found.push(object);
    return found;
  };
  const keys = async (...args: Parameters<typeof list>) => (await list(...args)).map((object) => object.key);

  it('lists in UTF-8 order of whole keys, folders between files', async () => {
    const names = [
      'a-b',
      'a/x',
      'a/y/z',
      'a0',
      'a.txt',
      'ab',
      '\ue000pua',
      '😀',
      'Z',
      'é',
      'e\u0301',
      'soap',
      ' lead',
      'tab\tname',
      'line\nname',
      'a/y.txt',
    ];
    for (const name of names) write(name);
    expect(await keys()).toEqual([...names].sort(compareUtf8));
  });

  it('lists any range without what is outside of it', async () => {
    const names = ['a', 'b/a', 'b/b/a', 'b/b/b', 'b/c', 'b-', 'b0', 'c/a', 'd'];
    for (const name of names) write(name);
    const all = [...names].sort(compareUtf8);
    const marks = [undefined, ...all, 'b/', 'b/b/', 'b/b', 'b', 'c/', 'zz', ''];
    for (const after of marks) {
      for (const through of marks) {
        const expected = all.filter(
          (key) => (after === undefined || compareUtf8(key, after) > 0) && (through === undefined || compareUtf8(key, through) <= 0),
        );
        expect({ after, through, keys: await keys({}, { after, through }) }).toEqual({ after, through, keys: expected });
      }
    }
  });

  it('reads a folder in several passes with few names in memory', async () => {
    mkdirSync(join(root, 'many'));
    const names = Array.from({ length: 500 }, (_unused, index) => `many/${(index * 7919) % 500}`);
    for (const name of names) write(name);
    const tree = await FileTree.open({ kind: 'file', rootPath: root, path: '' }, false);
    const found: string[] = [];
    for await (const object of new TreeWalk(tree, { markers: false, batch: 7 }, {}, signal).run()) found.push(object.key);
    expect(found).toEqual([...names].sort(compareUtf8));
  });

  it('keeps names that are not UTF-8 apart and reads them back', async () => {
    write(Buffer.from([0x6e, 0xff, 0x31]), 'one');
    write(Buffer.from('n\u201bFF1'), 'two');
    const found = await list();
    expect(found.map((object) => object.key)).toEqual(['n\u201bFF1', 'n\u201b\u201bFF1']);
    const reader = open();
    expect(await Promise.all(found.map(async (object) => (await reader.read(object, signal)).bytes.toString()))).toEqual(['one', 'two']);
  });

  it('lists empty folders as markers only when asked', async () => {
    mkdirSync(join(root, 'empty/inner'), { recursive: true });
    write('full/x');
    expect(await keys()).toEqual(['full/x']);
    const found = await list({ directoryMarkers: true });
    expect(found.map((object) => [object.key, object.size])).toEqual([
      ['empty/inner/', 0],
      ['full/x', 1],
    ]);
    const marker = await open().read(found[0]!, signal);
    expect([marker.bytes.length, marker.properties.contentType]).toEqual([0, 'application/x-directory']);
    expect(await keys({ directoryMarkers: true }, { after: 'empty/inner/' })).toEqual(['full/x']);
  });

  it('counts special files and links without copying them', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    write('real');
    symlinkSync('real', join(root, 'link'));
    const found = await list();
    expect(found.map((object) => [object.key, object.skip?.code])).toEqual([
      ['link', 'STORAGE_SYMLINK_SKIPPED'],
      ['pipe', 'STORAGE_SPECIAL_FILE'],
      ['real', undefined],
    ]);
  });

  it('follows links inside the root and none out of it', async () => {
    write('data/file', 'content');
    symlinkSync('file', join(root, 'data/to-file'));
    symlinkSync('data', join(root, 'to-folder'));
    symlinkSync('/etc/passwd', join(root, 'out-file'));
    symlinkSync('/etc', join(root, 'out-folder'));
    symlinkSync('nowhere', join(root, 'broken'));
    symlinkSync('self', join(root, 'self'));
    symlinkSync('..', join(root, 'data/up'));
    const found = await list({ symlinks: 'follow' });
    const plain = found.filter((object) => !object.skip).map((object) => object.key);
    expect(plain).toEqual(['data/file', 'data/to-file', 'to-folder/file', 'to-folder/to-file']);
    expect(found.filter((object) => object.skip).map((object) => [object.key, object.skip?.code])).toEqual([
      ['broken', 'STORAGE_SYMLINK_BROKEN'],
      ['data/up/', 'STORAGE_SYMLINK_LOOP'],
      ['out-file', 'STORAGE_PATH_OUTSIDE_ROOT'],
      ['out-folder', 'STORAGE_PATH_OUTSIDE_ROOT'],
      ['self', 'STORAGE_SYMLINK_LOOP'],
      ['to-folder/up/', 'STORAGE_SYMLINK_LOOP'],
    ]);
    const reader = open({ symlinks: 'follow' });
    const through = found.find((object) => object.key === 'to-folder/to-file')!;
    expect((await reader.read(through, signal)).bytes.toString()).toBe('content');
  });

  it.each(['../x', '..', 'a/../../x', 'sub/..'])('refuses the path %s', async (path) => {
    expect(await codeOf(keys({}, {}, path))).toBe('STORAGE_PATH_OUTSIDE_ROOT');
  });

  it('refuses a path that a link leads out of the root', async () => {
    symlinkSync('/etc', join(root, 'etc'));
    expect(await codeOf(keys({}, {}, 'etc'))).toBe('STORAGE_PATH_OUTSIDE_ROOT');
  });

  it('refuses to read keys that no listing gives', async () => {
    const object: ListedObject = { key: '../../etc/passwd', size: 1, modifiedAtMs: 0, changeId: '' };
    expect(await codeOf(open().read(object, signal))).toBe('STORAGE_PATH_OUTSIDE_ROOT');
  });

  it('does not read a file through a folder that became a link out of the root', async () => {
    write('folder/passwd', readFileSync('/etc/passwd', 'utf8'));
    const [object] = await list();
    renameSync(join(root, 'folder'), join(root, 'gone'));
    symlinkSync('/etc', join(root, 'folder'));
    expect(await codeOf(open().read(object!, signal))).toBe('STORAGE_PATH_OUTSIDE_ROOT');
  });

  it('raises for an absent base: it must not look empty', async () => {
    expect(await codeOf(keys({}, {}, 'absent'))).toBe('STORAGE_FILE_NOT_FOUND');
  });

  it.each([
    ['appended to', (path: string) => appendFileSync(path, 'more')],
    ['cut', (path: string) => truncateSync(path, 1)],
    ['written with the same length and time', (path: string) => (writeFileSync(path, 'CONTENT'), utimesSync(path, 1, 1))],
    ['given another mode', (path: string) => chmodSync(path, 0o600)],
    ['replaced', (path: string) => (writeFileSync(`${path}.new`, 'content'), renameSync(`${path}.new`, path))],
    ['removed', (path: string) => rmSync(path)],
  ])('notices a file that was %s after it was listed', async (_name, change) => {
    write('file', 'content');
    utimesSync(join(root, 'file'), 1, 1);
    const [object] = await list();
    change(join(root, 'file'));
    expect(await codeOf(open().read(object!, signal))).toBe('STORAGE_SOURCE_CHANGED');
    expect(await codeOf(open().readRange(object!, { start: 0, end: 1 }, signal))).toBe('STORAGE_SOURCE_CHANGED');
    expect(await codeOf(open().properties(object!, signal))).toBe('STORAGE_SOURCE_CHANGED');
  });

  it('tells type, time and mode as rclone does', async () => {
    write('page.html');
    chmodSync(join(root, 'page.html'), 0o640);
    utimesSync(join(root, 'page.html'), 1_700_000_000.25, 1_700_000_000.25);
    const [object] = await list();
    const { properties } = await open().read(object!, signal);
    expect(properties).toEqual({ contentType: 'text/html', metadata: { mtime: '1700000000.25', mode: '100640' }, tags: {} });
    expect(await open().properties(object!, signal)).toEqual(properties);
  });

  it('reads empty and sparse files', async () => {
    write('empty', '');
    write('sparse', 'x');
    truncateSync(join(root, 'sparse'), 3_000_000_000);
    const [empty, sparse] = await list();
    expect((await open().read(empty!, signal)).bytes.length).toBe(0);
    expect(sparse!.size).toBe(3_000_000_000);
    expect(await open().readRange(sparse!, { start: 2_999_999_998, end: 3_000_000_000 }, signal)).toEqual(Buffer.from([0, 0]));
  });

  it('is cancelled by its signal', async () => {
    for (let index = 0; index < 5; index += 1) write(`f${index}`);
    const controller = new AbortController();
    const work = async () => {
      for await (const _object of open().list({}, controller.signal)) controller.abort();
    };
    write('zz/late');
    expect(await codeOf(work())).toBe('CANCELLED');
  });

  it('splits a range in two parts that both hold something', async () => {
    for (let index = 0; index < 40; index += 1) write(`top${index % 4}/sub/${index}`);
    const border = await open().findSplit!({}, signal);
    const lower = await keys({}, { through: border! });
    const upper = await keys({}, { after: border! });
    expect([lower.length, upper.length]).toEqual([20, 20]);
    expect(await open().findSplit!({ after: 'top3/sub/7' }, signal)).toBeNull();
  });

  it('browses page by page', async () => {
    write('a/x', '12345');
    write('a/sub/y');
    write('a/z');
    const first = await open().browse('a', 2, undefined, signal);
    expect(first.items).toEqual([
      { path: 'a/sub/', kind: 'directory', sizeBytes: 0 },
      { path: 'a/x', kind: 'file', sizeBytes: 5 },
    ]);
    const second = await open().browse('a', 2, first.nextPageToken, signal);
    expect(second).toEqual({ items: [{ path: 'a/z', kind: 'file', sizeBytes: 1 }] });
  });

  it('tells of an unreadable folder in every range that reaches into it, and fails an unreadable file', async () => {
    chmodSync(root, 0o755);
    for (const name of ['open/file', 'secret-file', 'secret/file', 'z']) write(name);
    chmodSync(join(root, 'secret-file'), 0);
    chmodSync(join(root, 'secret'), 0);
    const reader = open();
    const found: ListedObject[] = [];
    const work = async (range: KeyRange) => {
      found.length = 0;
      for await (const object of reader.list(range, signal)) found.push(object);
      return found.map(({ key, unreadable }) => [key, unreadable?.code ?? 'listed']);
    };
    // Root reads everything: the rights are tried as another user.
    const asRoot = process.getuid?.() === 0;
    if (asRoot) process.seteuid?.(65_534);
    try {
      const secret = ['secret/', 'STORAGE_ACCESS_DENIED'];
      expect(await work({ through: 'open/zzz' })).toEqual([['open/file', 'listed']]);
      expect(await work({ after: 'secret/m', through: 'secret/p' })).toEqual([secret]);
      expect(await work({ after: 'secret/m' })).toEqual([secret, ['z', 'listed']]);
      expect(await work({})).toEqual([['open/file', 'listed'], ['secret-file', 'listed'], secret, ['z', 'listed']]);
      expect(await reader.findSplit?.({}, signal)).toEqual(expect.any(String));
      expect(await codeOf(reader.read(found[1]!, signal))).toBe('STORAGE_ACCESS_DENIED');
    } finally {
      if (asRoot) process.seteuid?.(0);
    }
  });
});
