import { copyLargeObjects, type LargeObjectOptions } from './copy-large-objects';
import { copyDatabases, type CopyDatabases } from './fixtures/copy-databases';

const CONTENT = 'SELECT oid, md5(lo_get(oid)) AS digest FROM pg_largeobject_metadata ORDER BY oid';

async function expectSame({ at, source, target }: CopyDatabases): Promise<void> {
  expect(await at(target, CONTENT)).toEqual(await at(source, CONTENT));
}

/** Of 3 MiB and a bit, empty, small, sparse, and more than a batch of them. */
const OBJECTS = `SELECT lo_from_bytea(1001, convert_to(repeat('0123456789abcdef', 200000), 'UTF8')), lo_create(1002), lo_from_bytea(1003, '\\x00ff'),
  lo_from_bytea(4294967290, '\\x01'); SELECT lo_put(lo_create(1004), 5000000, '\\xaa');
  SELECT lo_from_bytea(n::oid, convert_to('object ' || n, 'UTF8')) FROM generate_series(2000, 2600) n`;

describe('copyLargeObjects', () => {
  it('brings them with their oids, goes on after a stop, and takes away what another snapshot has not', async () => {
    const databases = await copyDatabases();
    await databases.at(databases.source, OBJECTS);
    const first = await databases.snapshot();
    const options: LargeObjectOptions = { ...(await databases.options(first)) };
    const stop = new AbortController();
    const cut = copyLargeObjects({ ...options, signal: stop.signal, onCopied: () => stop.abort() });
    await expect(cut).rejects.toMatchObject({ code: 'CANCELLED' });
    const totals = await copyLargeObjects({ ...options, epoch: 2 });
    await first.end();
    expect(totals).toEqual({ objects: 606, bytes: expect.any(Number) });
    await expectSame(databases);
    await databases.at(databases.source, `SELECT lo_unlink(2100), lo_put(1003, 0, '\\x77')`);
    const second = await databases.snapshot();
    await copyLargeObjects({ ...options, snapshot: second, epoch: 3 });
    await second.end();
    await expectSame(databases);
    await expect(copyLargeObjects({ ...options, snapshot: first, epoch: 4 })).rejects.toMatchObject({ code: 'DATABASE_SNAPSHOT_LOST' });
  });

  it('leaves those of the target alone, unless they are to be replaced', async () => {
    const databases = await copyDatabases();
    await databases.at(databases.source, `SELECT lo_from_bytea(1001, '\\x01'), lo_from_bytea(1002, '\\x02')`);
    await databases.at(databases.target, `SELECT lo_from_bytea(1001, '\\xff')`);
    const snapshot = await databases.snapshot();
    const options = await databases.options(snapshot);
    await copyLargeObjects(options);
    expect(databases.quarantined).toMatchObject([{ unit: 'large object 1001', code: 'DATABASE_LARGE_OBJECT_EXISTS' }]);
    expect(await databases.at(databases.target, `SELECT lo_get(1001) AS one, lo_get(1002) AS two`)).toEqual([
      { one: '\\xff', two: '\\x02' },
    ]);
    await databases.at(databases.target, 'SELECT lo_unlink(1001)');
    expect(await copyLargeObjects(options)).toMatchObject({ objects: 2 });
    await databases.at(databases.target, `SELECT lo_put(1001, 0, '\\xff')`);
    await copyLargeObjects({ ...options, migrationId: 'mig_other', targetPolicy: 'replace' });
    await snapshot.end();
    await expectSame(databases);
  });
});
