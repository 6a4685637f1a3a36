import { judgeEntry, type JudgedSince } from './judge-entry';
import { absoluteText, pathText } from './path-bytes';
import { readComplaints, unescapeName } from './tar-commands';
import { exchange, parseRecord, type WalkEntry } from './walk-record';

const record = (text: string) => parseRecord(exchange(text));

describe('parseRecord', () => {
  it('reads what find writes, whatever bytes are in names', () => {
    const entry = record('./a b\n\xff//l 777 0 10 7 0 1700000000.1234567890 1700000001.5000000000 12 1 65024//../x//y z');
    expect(entry).toMatchObject({ path: './a b\n\xff', type: 'l', mode: '777', gid: '10', size: 0, link: '../x//y z' });
    expect(entry).toMatchObject({ mtime: '1700000000.123456789', ctime: 1_700_000_001.5, links: 1, device: '65024', rdev: '' });
  });

  it('reads the numbers of a device, and times without fractions', () => {
    expect(record('./null//c 666 0 0 0 0 1700000000 1700000000 12 1 65024 1:3//')).toMatchObject({
      rdev: '1:3',
      mtime: '1700000000.000000000',
    });
  });

  it.each(['', './a', './a//f 644 0 0', './a//f 644 0 0 1 8 1 1 1 1 1'])('refuses %j', (text) => {
    expect(() => record(text)).toThrow(expect.objectContaining({ code: 'HOST_WALK_MALFORMED' }));
  });
});

describe('pathText', () => {
  it('writes no two paths alike', () => {
    const paths = ['a', 'a\\', 'a\\xff', 'a\xff', '\xe8\x9a\x82', '\xe8\x9a', '\xc0\xaf', '\xed\xa0\x80', 'a\nb', 'a\\x0ab', '\xc2\x85'];
    expect(paths.map(pathText)).toEqual([
      'a',
      'a\\x5c',
      'a\\x5cxff',
      'a\\xff',
      '蚂',
      '\\xe8\\x9a',
      '\\xc0\\xaf',
      '\\xed\\xa0\\x80',
      'a\\x0ab',
      'a\\x5cx0ab',
      '\\xc2\\x85',
    ]);
    expect(absoluteText('/', '.')).toBe('/');
    expect(absoluteText('/home', './a')).toBe('/home/a');
  });
});

describe('judgeEntry', () => {
  const entry = record('./a//f 644 0 0 5 8 1000.5000000000 1000.0000000000 12 1 1//');
  const times: JudgedSince = { since: 5_000, attempt: 9_000, clockOffset: 0, plain: false };
  const judge = (source: Partial<WalkEntry>, target: Partial<WalkEntry> = {}, changed: Partial<JudgedSince> = {}) =>
    judgeEntry({ ...entry, ...source }, { ...entry, ctime: 2_000, ...target }, { ...times, ...changed });

  it('takes for the same what is alike and has not changed since', () => {
    expect(judge({})).toBe('same');
    expect(judge({ mtime: '1000.500000001' })).toBe('copy');
    expect(judge({}, { mtime: '1000.000000000' })).toBe('same');
    expect(judge({ mode: '600' })).toBe('copy');
    expect(judge({ type: 'd' })).toBe('replace');
    expect(judge({ links: 1 }, { links: 2 })).toBe('copy');
  });

  it('copies again what has changed since, but not what an attempt at this round has copied', () => {
    expect(judge({ ctime: 6_000 })).toBe('copy');
    expect(judge({ ctime: 6_000 }, { ctime: 9_500 })).toBe('same');
    expect(judge({ ctime: 6_000 }, { ctime: 9_500 }, { clockOffset: 600 })).toBe('copy');
    expect(judge({ ctime: 9_100 }, { ctime: 9_500 })).toBe('copy');
    expect(judge({ ctime: 6_000, links: 2 }, { ctime: 9_500, links: 2 })).toBe('copy');
  });
});

describe('readComplaints', () => {
  it('tells what a file did from what is wrong with the stream', () => {
    const complaints = readComplaints(
      [
        'tar: ./a: file changed as we read it',
        'tar: ./b\\n: Warning: Cannot stat: No such file or directory',
        'tar: ./c: File removed before we read it',
        'tar: ./d: File shrank by 12 bytes; padding with zeros',
        'tar: ./e: Warning: Read error at byte 0, while reading 512 bytes: Input/output error',
        'tar: ./f: Warning: Cannot open: Operation not permitted',
        'tar: ./sock: socket ignored',
        'tar: Exiting with failure status due to previous errors',
        'ssh: something else',
      ].join('\n'),
    );
    expect(complaints).toMatchObject({
      changed: ['./a', './d'],
      vanished: ['./b\\n', './c'],
      unreadable: [{ name: './e' }, { name: './f' }],
      other: ['ssh: something else'],
    });
    expect(unescapeName('./b\\n\\377\\\\')).toBe('./b\n\xff\\');
  });
});
