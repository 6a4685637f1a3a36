import { compareUtf8 } from '@smartant/kernel';
import type { StorageConnector } from '@smartant/connectors';
import { codeOf, HOSTILE_KEYS, listAll, never, patterned, type StorageHarness, type StorageTraits } from './storage-harness';

/** What every StorageReader has to do, against a real store. Call it at the top level of a spec. */
export function describeStorageReader(name: string, setup: () => Promise<StorageHarness>, traits: StorageTraits = {}): void {
  describe(`StorageReader contract: ${name}`, () => {
    let harness: StorageHarness;
    let connector: StorageConnector;
    beforeAll(async () => {
      harness = await setup();
      connector = harness.open();
    });
    afterAll(async () => {
      await connector?.reader.close();
      await harness?.close();
    });

    const seedKeys = (keys: string[]) => harness.seed(keys.map((key) => ({ key, bytes: Buffer.from(key) })));
    const only = async (keys: string[]) => {
      await harness.remove((await listAll(connector.reader)).map((object) => object.key));
      await seedKeys(keys);
    };

    listing();
    reading();
    changes();
    questions();

    function listing(): void {
      it('lists nothing where nothing is', async () => {
        await only([]);
        expect(await listAll(connector.reader)).toEqual([]);
      });

      it('keeps hostile names apart, lists them in UTF-8 order and reads each back', async () => {
        const keys = HOSTILE_KEYS.filter((key) => !traits.refusedKeys?.includes(key));
        await only(keys);
        const listed = await listAll(connector.reader);
        expect(listed.map((object) => object.key)).toEqual([...keys].sort(compareUtf8));
        for (const object of listed) expect((await connector.reader.read(object, never)).bytes.toString()).toBe(object.key);
      });

      it('lists exactly the keys of any half-open range', async () => {
        const keys = ['a', 'a/b', 'a-', 'b', 'b/a/x', 'b/a/y', 'b/c', '\ue000', '😀'].filter((key) => key !== 'a' && key !== 'b');
        await only(keys);
        const sorted = [...keys].sort(compareUtf8);
        const marks = [undefined, ...sorted, '', 'a/', 'b/a', 'zz'];
        for (const after of marks) {
          for (const through of marks) {
            const expected = sorted.filter(
              (key) => (after === undefined || compareUtf8(key, after) > 0) && (through === undefined || compareUtf8(key, through) <= 0),
            );
            const found = await listAll(connector.reader, { after, through });
            expect({ after, through, keys: found.map((object) => object.key) }).toEqual({ after, through, keys: expected });
          }
        }
      });

      it('follows pages, each key once, and asks for no more than is used', async () => {
        const keys = Array.from({ length: 1_300 }, (_unused, index) => `pages/${String(index).padStart(5, '0')}`);
        await only(keys);
        let requests = 0;
        const counted = harness.open({ admit: async () => void (requests += 1) });
        const listed = await listAll(counted.reader);
        expect(listed.map((object) => object.key)).toEqual(keys);
        requests = 0;
        for await (const object of counted.reader.list({}, never)) if (object.key.endsWith('00010')) break;
        // One page and the one asked for ahead of its use.
        if (traits.countsRequests) expect(requests).toBeLessThanOrEqual(2);
        await counted.reader.close();
      });

      it('splits a range in two halves that both hold keys', async () => {
        if (!connector.reader.findSplit) return;
        for (const range of [{}, { after: 'pages/00100', through: 'pages/01200' }, { after: 'pages/01290' }]) {
          const split = await connector.reader.findSplit(range, never);
          const [lower, upper] = [
            await listAll(connector.reader, { ...range, through: split! }),
            await listAll(connector.reader, { ...range, after: split! }),
          ];
          expect(lower.length).toBeGreaterThan(0);
          expect(upper.length).toBeGreaterThan(0);
          expect(lower.length + upper.length).toBe((await listAll(connector.reader, range)).length);
        }
        expect(await connector.reader.findSplit({ after: 'pages/01298' }, never)).toBeNull();
        expect(await connector.reader.findSplit({ after: 'pages/9' }, never)).toBeNull();
      });
    }

    function reading(): void {
      it('reads whole objects and ranges of them', async () => {
        const bytes = patterned(3_000_000);
        await only([]);
        await harness.seed([
          { key: 'empty', bytes: Buffer.alloc(0) },
          { key: 'large', bytes },
        ]);
        const [empty, large] = await listAll(connector.reader);
        expect([empty!.size, large!.size]).toEqual([0, 3_000_000]);
        expect((await connector.reader.read(empty!, never)).bytes.length).toBe(0);
        expect((await connector.reader.read(large!, never)).bytes.equals(bytes)).toBe(true);
        for (const [start, end] of [
          [0, 1],
          [0, 3_000_000],
          [2_999_999, 3_000_000],
          [1_000_000, 2_000_001],
        ] as const) {
          expect((await connector.reader.readRange(large!, { start, end }, never)).equals(bytes.subarray(start, end))).toBe(true);
        }
      });

      it('reads a range into a buffer of the caller’s', async () => {
        const [, large] = await listAll(connector.reader);
        const into = Buffer.alloc(2_000, 1);
        const part = await connector.reader.readRange(large!, { start: 10, end: 1_010 }, never, into);
        expect(part.equals(patterned(3_000_000).subarray(10, 1_010))).toBe(true);
        expect(part.buffer === into.buffer && part.byteOffset === into.byteOffset).toBe(true);
        expect(into.subarray(1_000).every((byte) => byte === 1)).toBe(true);
        const tooShort = await connector.reader.readRange(large!, { start: 10, end: 1_010 }, never, Buffer.alloc(10));
        expect(tooShort.equals(part)).toBe(true);
      });

      it('tells the same properties with and without content', async () => {
        const [, large] = await listAll(connector.reader);
        expect(await connector.reader.properties(large!, never)).toEqual((await connector.reader.read(large!, never)).properties);
      });
    }

    function changes(): void {
      const touch = async (key: string) => (await listAll(connector.reader)).find((object) => object.key === key)!;

      it('notices an object that was replaced after it was listed', async () => {
        await only(['steady', 'changing']);
        const before = await touch('changing');
        await harness.seed([{ key: 'changing', bytes: Buffer.from('CHANGING') }]);
        expect(await codeOf(connector.reader.read(before, never))).toBe('STORAGE_SOURCE_CHANGED');
        expect(await codeOf(connector.reader.readRange(before, { start: 0, end: 2 }, never))).toBe('STORAGE_SOURCE_CHANGED');
        expect(await codeOf(connector.reader.properties(before, never))).toBe('STORAGE_SOURCE_CHANGED');
        expect((await touch('changing')).changeId).not.toBe(before.changeId);
      });

      it('notices an object that was replaced between two of its ranges', async () => {
        await harness.seed([{ key: 'large', bytes: patterned(100_000, 2) }]);
        const before = await touch('large');
        await connector.reader.readRange(before, { start: 0, end: 50_000 }, never);
        await harness.seed([{ key: 'large', bytes: patterned(100_000, 3) }]);
        expect(await codeOf(connector.reader.readRange(before, { start: 50_000, end: 100_000 }, never))).toBe('STORAGE_SOURCE_CHANGED');
      });

      it('notices an object that is gone', async () => {
        const before = await touch('steady');
        await harness.remove(['steady']);
        expect(await codeOf(connector.reader.read(before, never))).toBe('STORAGE_SOURCE_CHANGED');
      });

      it('gives unchanged objects the same change id in every listing', async () => {
        await only(['one', 'two']);
        expect(await listAll(connector.reader)).toEqual(await listAll(connector.reader));
      });
    }

    function questions(): void {
      it('stops as soon as its signal says so', async () => {
        await only(['one', 'two']);
        const [one] = await listAll(connector.reader);
        const cancelled = AbortSignal.abort();
        expect(await codeOf(connector.reader.read(one!, cancelled))).toBe('CANCELLED');
        expect(await codeOf(connector.reader.list({}, cancelled)[Symbol.asyncIterator]().next())).toBe('CANCELLED');
      });

      it('browses one level at a time, page by page', async () => {
        await only(['top', 'sub/one', 'sub/two', 'sub/deep/er']);
        const found: string[] = [];
        for (let token: string | undefined, more = true; more;) {
          const page = await connector.reader.browse('sub', 2, token, never);
          found.push(...page.items.map((item) => item.path));
          token = page.nextPageToken;
          more = token !== undefined;
        }
        expect(found.sort()).toEqual(['sub/deep/', 'sub/one', 'sub/two']);
      });

      it('can be probed, and the probe changes nothing', async () => {
        const before = await listAll(connector.reader);
        const probe = await connector.reader.probe(never);
        expect(probe.roundTripMs).toBeGreaterThanOrEqual(0);
        expect(await listAll(connector.reader)).toEqual(before);
      });

      it('names what is wrong with a bad configuration', async () => {
        for (const [code, open] of Object.entries(harness.broken ?? {})) {
          const broken = open();
          expect(await codeOf(broken.reader.probe(never))).toBe(code);
          await broken.reader.close();
        }
      });
    }
  });
}
