import type { ListedObject } from '@smartant/connectors';
import { compareUtf8 } from '@smartant/kernel';
import { KeyFilter } from './key-filter';
import { planSync, type SyncPolicy } from './plan-sync';

const object = (key: string, more: Partial<ListedObject> = {}): ListedObject => ({
  key,
  size: 1,
  modifiedAtMs: 0,
  etag: `etag of ${key}`,
  changeId: '1',
  ...more,
});

async function* listing(objects: ListedObject[]): AsyncGenerator<ListedObject> {
  yield* objects;
}

async function* broken(objects: ListedObject[]): AsyncGenerator<ListedObject> {
  yield* objects;
  throw new Error('listing failed');
}

const everything = { include: [], exclude: [], filesFrom: [] };
const policyOf = (more: Partial<SyncPolicy> = {}): SyncPolicy => ({
  filter: new KeyFilter(everything),
  plan: { etagsAreMd5: false, clockMarginMs: 2_000 },
  extras: 'propagate',
  isWaived: () => false,
  isForced: () => false,
  maxKeyBytes: 1_024,
  ...more,
});

async function planned(source: ListedObject[], target: ListedObject[], policy = policyOf()): Promise<string[]> {
  const actions: string[] = [];
  for await (const action of planSync(listing(source), listing(target), policy)) actions.push(`${action.kind} ${action.key}`);
  return actions;
}

describe('planSync', () => {
  it('leaves alone at the target what its listing cannot name', async () => {
    const unnamed = [
      object('', { skip: { code: 'STORAGE_KEY_EMPTY', reason: 'r' } }),
      object('%FF', { skip: { code: 'STORAGE_KEY_INVALID', reason: 'r' } }),
    ];
    expect(await planned([], [...unnamed, object('x')])).toEqual(['delete x']);
  });

  it('joins both sides in UTF-8 order, where UTF-16 order differs', async () => {
    // A surrogate pair (U+1F600) sorts after U+FF5E in UTF-8, before it in UTF-16.
    const keys = ['\u{1F600}', '～', 'a', 'a/b', 'a//', 'é', 'e\u0301'];
    const sorted = [...keys].sort(compareUtf8);
    expect(sorted.slice(-2)).toEqual(['～', '\u{1F600}']);
    const old = { modifiedAtMs: 10_000 };
    const actions = await planned(
      sorted.map((key) => object(key)),
      sorted.map((key) => object(key, old)),
    );
    expect(actions).toEqual(sorted.map((key) => `unchanged ${key}`));
  });

  it('copies what is missing, deletes what is extra, and goes on to the end of the longer side', async () => {
    expect(await planned([object('a'), object('d')], [object('b'), object('e'), object('f')])).toEqual([
      'copy a',
      'delete b',
      'copy d',
      'delete e',
      'delete f',
    ]);
  });

  it('keeps or ignores extras where nothing may be deleted', async () => {
    expect(await planned([], [object('x')], policyOf({ extras: 'keep' }))).toEqual(['keep-extra x']);
    expect(await planned([], [object('x')], policyOf({ extras: 'ignore' }))).toEqual([]);
  });

  it('never takes a broken listing for the end of it', async () => {
    const seen: string[] = [];
    const walk = async (): Promise<void> => {
      for await (const action of planSync(broken([object('a')]), listing([object('a'), object('b'), object('c')]), policyOf())) {
        seen.push(action.kind);
      }
    };
    await expect(walk()).rejects.toThrow('listing failed');
    expect(seen).not.toContain('delete');
  });

  it('refuses a listing that is not in order', async () => {
    await expect(planned([object('b'), object('a')], [])).rejects.toMatchObject({ code: 'LISTING_OUT_OF_ORDER' });
    await expect(planned([object('a'), object('a')], [])).rejects.toMatchObject({ code: 'LISTING_OUT_OF_ORDER' });
  });

  it('neither copies nor deletes what the filter leaves out, on either side', async () => {
    const filter = new KeyFilter({ include: [], exclude: ['*.tmp'], filesFrom: [] });
    expect(await planned([object('a.tmp'), object('b')], [object('c.tmp'), object('d')], policyOf({ filter }))).toEqual([
      'copy b',
      'delete d',
    ]);
  });

  it('keeps the copy of an object that has grown out of the size range', async () => {
    const filter = new KeyFilter({ ...everything, maxSizeBytes: 10 });
    expect(await planned([object('a', { size: 11 })], [object('a', { size: 5 })], policyOf({ filter }))).toEqual([]);
  });

  it('keeps what stands at the target under a key that the source has but cannot give', async () => {
    const socket = object('s', { skip: { code: 'SOCKET', reason: 'a socket' } });
    expect(await planned([socket], [object('s')])).toEqual(['skip s']);
  });

  it('leaves waived keys as they are, and copies forced ones whatever the listings say', async () => {
    const same = [object('a'), object('b'), object('c')];
    const copies = same.map((one) => ({ ...one, modifiedAtMs: 10_000 }));
    const policy = policyOf({ isWaived: (key) => key === 'a' || key === 'x', isForced: (key) => key === 'b' });
    expect(await planned(same, [...copies, object('x')], policy)).toEqual(['skip a', 'copy b', 'unchanged c']);
  });

  it('refuses keys that the target has no room for', async () => {
    expect(await planned([object('é'.repeat(6))], [], policyOf({ maxKeyBytes: 11 }))).toEqual([`refuse ${'é'.repeat(6)}`]);
  });
});
