import { CodecChoice } from './codec-choice';
import { ShardPacker, StreamSize, weightOf } from './shard';

const MIB = 1024 * 1024;
const file = (path: string, size: number) => [{ path, size }];

describe('StreamSize', () => {
  it('makes shards that take some seconds, on fast ways and on slow ones', () => {
    const size = new StreamSize();
    size.saw(192 * MIB, 3_000);
    expect(size.weight).toBeCloseTo(320 * MIB, -3);
    size.saw(192 * MIB, 100);
    expect(size.weight).toBe(512 * MIB);
    size.saw(64 * MIB, 100_000);
    expect(size.weight).toBe(32 * MIB);
    size.saw(1 * MIB, 1);
    expect(size.weight).toBe(32 * MIB);
  });

  it('makes smaller ones where streams break, and never larger ones by that', () => {
    const size = new StreamSize();
    for (const mib of [192, 96, 48, 32, 32]) {
      size.broke();
      expect(size.weight).toBe(mib * MIB);
    }
    size.saw(512 * MIB, 1_000);
    expect(size.weight).toBe(32 * MIB);
    const short = new StreamSize(8 * MIB);
    short.broke();
    expect(short.weight).toBe(8 * MIB);
  });
});

describe('ShardPacker', () => {
  it('counts what a file costs beside its bytes, and names of one inode once', () => {
    const packer = new ShardPacker({ weight: 10 * MIB });
    for (let index = 0; index < 639; index += 1) expect(packer.addAll(file(`./${index}`, 0))).toEqual([]);
    const [full] = packer.addAll(file('./last', 0));
    expect(full?.entries).toHaveLength(640);
    const names = ['./a', './b'].map((path) => ({ path, size: 6 * MIB }));
    expect(packer.addAll(names)).toEqual([]);
    expect(packer.flush()).toEqual([{ entries: [names[0], { path: './b', size: 0, linked: true }], bytes: 6 * MIB, replaced: [] }]);
  });

  it('holds no more names than what tar may say of each can be kept of', () => {
    const packer = new ShardPacker({ weight: 1024 * MIB });
    const [long] = Array.from({ length: 1_000 }, (_, index) => packer.addAll(file(`./${'x'.repeat(4_000)}${index}`, 0))).flat();
    expect(long?.entries.length).toBeLessThan(520);
    expect(long?.entries.length).toBeGreaterThan(500);
    const [short] = Array.from({ length: 24_500 }, (_, index) => packer.addAll(file(`./${index}`, 0))).flat();
    expect(short?.entries.length).toBeLessThanOrEqual(24_000);
  });

  it('begins another before one would grow too large, and takes the size of the moment', () => {
    const size = { weight: 10 * MIB };
    const packer = new ShardPacker(size);
    packer.addAll(file('./a', 6 * MIB));
    const [full] = packer.addAll(file('./b', 6 * MIB));
    expect(full && weightOf(full)).toBe(6 * MIB + 16 * 1024);
    size.weight = 1 * MIB;
    expect(packer.addAll(file('./c', 1)).map(({ entries }) => entries.map(({ path }) => path))).toEqual([['./b'], ['./c']].slice(0, 1));
    expect(packer.flush()).toMatchObject([{ entries: [{ path: './c', size: 1 }] }]);
  });
});

describe('CodecChoice', () => {
  it('tries with one shard alone, and again where nothing was heard of it', () => {
    const choice = new CodecChoice('auto', 'zstd', 2);
    expect(choice.triesNext).toBe(false);
    choice.saw('none', 10 * MIB, 1_000);
    expect(choice.triesNext).toBe(true);
    expect(choice.next()).toBe('zstd');
    expect(Array.from({ length: 8 }, () => [choice.triesNext, choice.next()])).toEqual(Array.from({ length: 8 }, () => [false, 'none']));
    expect(choice.triesNext).toBe(true);
    expect(choice.next()).toBe('zstd');
  });

  it('does not try to compress where plain streams together are faster than that is worth', () => {
    const choice = new CodecChoice('auto', 'zstd', 2);
    choice.saw('none', 100 * MIB, 1_000);
    expect(Array.from({ length: 100 }, () => choice.next())).toEqual(Array.from({ length: 100 }, () => 'none'));
    for (let index = 0; index < 10; index += 1) choice.saw('none', 10 * MIB, 1_000);
    expect(choice.next()).toBe('zstd');
  });

  it('tries it once on a slow way, and stays with what is faster', () => {
    const choice = new CodecChoice('auto', 'zstd', 2);
    expect(choice.next()).toBe('none');
    choice.saw('none', 10 * MIB, 1_000);
    expect(choice.next()).toBe('zstd');
    choice.saw('zstd', 20 * MIB, 1_000);
    expect(choice.next()).toBe('zstd');
    choice.saw('zstd', 1 * MIB, 1_000_000);
    expect(choice.next()).toBe('zstd');
    for (let index = 0; index < 10; index += 1) choice.saw('zstd', 10 * MIB, 1_000);
    expect(choice.next()).toBe('none');
  });

  it('obeys what a user has said', () => {
    expect(new CodecChoice('never', 'zstd', 2).next()).toBe('none');
    expect(new CodecChoice('always', 'gzip', 2).next()).toBe('gzip');
    expect(new CodecChoice('always', 'none', 2).next()).toBe('none');
  });
});
