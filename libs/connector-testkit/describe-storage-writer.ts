import type { ObjectProperties, StorageConnector, StorageWriter } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import { codeOf, HOSTILE_KEYS, listAll, never, patterned, type StorageHarness, type StorageTraits } from './storage-harness';

const PART = 5 * 1024 * 1024;
const PLAIN: ObjectProperties = { metadata: {}, tags: {} };
const any = { kind: 'any' } as const;

/** What every StorageWriter has to do, against a real store. The connector's reader, which has a suite of its own, looks at the result. */
export function describeStorageWriter(name: string, setup: () => Promise<StorageHarness>, traits: StorageTraits = {}): void {
  describe(`StorageWriter contract: ${name}`, () => {
    let harness: StorageHarness;
    let connector: StorageConnector;
    let writer: StorageWriter;
    beforeAll(async () => {
      harness = await setup();
      connector = harness.open();
      if (!connector.writer) throw new Error('The connector has no writer.');
      writer = connector.writer;
    });
    afterAll(async () => {
      await connector?.reader.close();
      await harness?.close();
    });

    const can = (ability: string) => traits.abilities?.includes(ability) ?? true;
    const rich: ObjectProperties = {
      contentType: 'text/x-fidelity; charset=utf-8',
      contentEncoding: 'identity',
      contentLanguage: 'cs',
      contentDisposition: 'attachment; filename="a b.txt"',
      cacheControl: 'max-age=5, private',
      expires: 'Wed, 21 Oct 2037 07:28:00 GMT',
      metadata: {
        plain: 'value',
        spaced: 'one  two',
        empty: 'x',
        ...(traits.unicodeMetadata === false ? {} : { unicode: 'žluťoučký 日本' }),
      },
      tags: can('tags') ? { stage: 'raw', 'with blank': 'a+b=c:d/e@f_g-h.i' } : {},
    };
    const readBack = async (key: string) => {
      const object = (await listAll(connector.reader)).find((each) => each.key === key);
      if (!object) throw new Error(`${key} is not listed.`);
      return { object, ...(await connector.reader.read(object, never)) };
    };

    wholeObjects();
    multipart();
    removal();
    trial();

    function wholeObjects(): void {
      it('keeps bytes, headers, metadata and tags', async () => {
        const bytes = patterned(70_000);
        const { etag } = await writer.put('rich', bytes, rich, any, never);
        const back = await readBack('rich');
        expect(back.bytes.equals(bytes)).toBe(true);
        expect(back.object.etag).toBe(etag);
        expect(back.properties).toEqual(rich);
        expect(await connector.reader.properties(back.object, never)).toEqual(rich);
      });

      it('writes bodies of every size around its own limits', async () => {
        for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, 2_000_000]) {
          const bytes = patterned(size, size + 1);
          await writer.put(`sizes/${size}`, bytes, PLAIN, any, never);
          expect((await readBack(`sizes/${size}`)).bytes.equals(bytes)).toBe(true);
        }
      });

      it('may be told the same twice', async () => {
        const first = await writer.put('twice', Buffer.from('same'), rich, any, never);
        const second = await writer.put('twice', Buffer.from('same'), rich, any, never);
        expect(second.etag).toBe(first.etag);
        expect((await readBack('twice')).properties).toEqual(rich);
      });

      (can('conditional-put') ? it : it.skip)('writes only where the target is as it was last seen', async () => {
        const { etag } = await writer.put('guarded', Buffer.from('one'), PLAIN, { kind: 'absent' }, never);
        expect(await codeOf(writer.put('guarded', Buffer.from('two'), PLAIN, { kind: 'absent' }, never))).toBe(
          'STORAGE_PRECONDITION_FAILED',
        );
        const next = await writer.put('guarded', Buffer.from('three'), PLAIN, { kind: 'matches', etag }, never);
        expect(await codeOf(writer.put('guarded', Buffer.from('four'), PLAIN, { kind: 'matches', etag }, never))).toBe(
          'STORAGE_PRECONDITION_FAILED',
        );
        const back = await readBack('guarded');
        expect([back.bytes.toString(), back.object.etag]).toEqual(['three', next.etag]);
      });

      it('sends nothing once its guard throws, however much of a body was sent before', async () => {
        const bytes = patterned(1_000_000, 3);
        const mayLandLate = (): Promise<void> => Promise.resolve();
        const stopped = new SmartantError('SHARD_LEASE_LOST', 'stopped', { kind: 'cancelled' });
        for (const allowed of [0, 1, 3]) {
          let asked = 0;
          const mayWrite = (): void => {
            asked += 1;
            if (asked > allowed) throw stopped;
          };
          const guarded = writer.guardedBy({ mayWrite, mayLandLate });
          expect(await codeOf(guarded.put('stopped', bytes, PLAIN, any, never))).toBe('SHARD_LEASE_LOST');
          expect(asked).toBe(allowed + 1);
        }
        expect((await listAll(connector.reader)).some((object) => object.key === 'stopped')).toBe(false);
        await writer.guardedBy({ mayWrite: () => undefined, mayLandLate }).put('stopped', bytes, PLAIN, any, never);
        expect((await readBack('stopped')).bytes.equals(bytes)).toBe(true);
        const mayWrite = (): void => {
          throw stopped;
        };
        const removal = writer.guardedBy({ mayWrite, mayLandLate });
        expect(await codeOf(removal.remove(['stopped'], never))).toBe('SHARD_LEASE_LOST');
        expect((await listAll(connector.reader)).some((object) => object.key === 'stopped')).toBe(true);
      });

      it('stops as soon as its signal says so', async () => {
        expect(await codeOf(writer.put('never', Buffer.from('x'), PLAIN, any, AbortSignal.abort()))).toBe('CANCELLED');
        expect((await listAll(connector.reader)).some((object) => object.key === 'never')).toBe(false);
      });
    }

    function multipart(): void {
      const parts = [patterned(PART, 5), patterned(PART, 6), patterned(1_000, 7)];
      const whole = Buffer.concat(parts);

      it('goes on with a half-done upload from another connector', async () => {
        const { uploadId } = await writer.beginMultipart('large', rich, never);
        await writer.putPart('large', uploadId, 1, parts[0]!, never);
        const other = harness.open();
        const done = await other.writer!.listParts('large', uploadId, never);
        expect(done.map((part) => [part.partNumber, part.size])).toEqual([[1, PART]]);
        const rest = await Promise.all([2, 3].map((number) => other.writer!.putPart('large', uploadId, number, parts[number - 1]!, never)));
        await other.writer!.completeMultipart('large', uploadId, [...done, ...rest], rich, any, never);
        await other.reader.close();
        const back = await readBack('large');
        expect(back.bytes.equals(whole)).toBe(true);
        expect(back.properties).toEqual(rich);
      });

      it('takes a part twice, and completes once however often it is told', async () => {
        const { uploadId } = await writer.beginMultipart('again', PLAIN, never);
        await writer.putPart('again', uploadId, 1, parts[1]!, never);
        const one = await writer.putPart('again', uploadId, 1, parts[0]!, never);
        const two = await writer.putPart('again', uploadId, 2, parts[2]!, never);
        const first = await writer.completeMultipart('again', uploadId, [two, one], PLAIN, any, never);
        const second = await writer.completeMultipart('again', uploadId, [one, two], PLAIN, any, never);
        expect(second.etag).toBe(first.etag);
        expect((await readBack('again')).bytes.equals(Buffer.concat([parts[0]!, parts[2]!]))).toBe(true);
      });

      it('tells the unfinished uploads of a key', async () => {
        const { uploadId } = await writer.beginMultipart('un fin/ished', PLAIN, never);
        const other = await writer.beginMultipart('un fin/ished too', PLAIN, never);
        expect(await writer.uploadsOf?.('un fin/ished', never)).toEqual([{ uploadId, initiatedAtMs: expect.any(Number) }]);
        await writer.abortMultipart('un fin/ished', uploadId, never);
        await writer.abortMultipart('un fin/ished too', other.uploadId, never);
        expect(await writer.uploadsOf?.('un fin/ished', never)).toEqual([]);
      });

      (can('conditional-complete') ? it : it.skip)('completes only where nothing is in the way', async () => {
        const begun = await writer.beginMultipart('taken', PLAIN, never);
        const part = await writer.putPart('taken', begun.uploadId, 1, parts[2]!, never);
        await writer.put('taken', Buffer.from('first'), PLAIN, any, never);
        expect(await codeOf(writer.completeMultipart('taken', begun.uploadId, [part], PLAIN, { kind: 'absent' }, never))).toBe(
          'STORAGE_PRECONDITION_FAILED',
        );
        expect((await readBack('taken')).bytes.toString()).toBe('first');
        await writer.abortMultipart('taken', begun.uploadId, never);
      });

      it('shows nothing of an upload that was not completed, and forgets an aborted one', async () => {
        const { uploadId } = await writer.beginMultipart('dropped', PLAIN, never);
        await writer.putPart('dropped', uploadId, 1, Buffer.from('x'), never);
        expect((await listAll(connector.reader)).some((object) => object.key === 'dropped')).toBe(false);
        await writer.abortMultipart('dropped', uploadId, never);
        await writer.abortMultipart('dropped', uploadId, never);
        expect(await codeOf(writer.listParts('dropped', uploadId, never))).toBe('STORAGE_UPLOAD_NOT_FOUND');
        expect(await codeOf(writer.putPart('dropped', uploadId, 1, Buffer.from('x'), never))).toBe('STORAGE_UPLOAD_NOT_FOUND');
      });
    }

    function removal(): void {
      (can('conditional-delete') ? it : it.skip)('removes only what still is as it was last seen', async () => {
        const { etag } = await writer.put('seen', Buffer.from('one'), PLAIN, any, never);
        await writer.put('seen', Buffer.from('two'), PLAIN, any, never);
        expect(await writer.remove(['seen'], never, new Map([['seen', etag]]))).toMatchObject([
          { key: 'seen', code: 'STORAGE_PRECONDITION_FAILED' },
        ]);
        const back = await readBack('seen');
        expect(await writer.remove(['seen'], never, new Map([['seen', back.object.etag ?? '']]))).toEqual([]);
        expect(await writer.remove(['seen'], never, new Map([['seen', etag]]))).toEqual([]);
      });

      it('removes many at once, hostile names and absent ones too', async () => {
        const keys = HOSTILE_KEYS.filter((key) => !traits.refusedKeys?.includes(key));
        for (const key of keys) await writer.put(key, Buffer.from('x'), PLAIN, any, never);
        const others = (await listAll(connector.reader)).map((object) => object.key);
        expect(await writer.remove([...others, 'absent', ...keys, 'absent'], never)).toEqual([]);
        expect(await listAll(connector.reader)).toEqual([]);
        expect(await writer.remove(keys, never)).toEqual([]);
      });
    }

    function trial(): void {
      it('finds by trying what the store can do, and leaves nothing behind', async () => {
        const { abilities, problems } = await writer.tryWriting(never);
        expect(problems).toEqual([]);
        if (traits.abilities) expect([...abilities].sort()).toEqual([...traits.abilities].sort());
        expect(await listAll(connector.reader)).toEqual([]);
      });
    }
  });
}
