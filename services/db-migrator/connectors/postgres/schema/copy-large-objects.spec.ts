import { freshDatabase } from '@smartant/test-servers';
import { fragileEndpoint } from '../fixtures/fragile-endpoint';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { copyLargeObjects } from './copy-large-objects';

const never = new AbortController().signal;
const DIGESTS = `SELECT m.oid, md5(lo_get(m.oid)) AS digest, length(lo_get(m.oid)) AS bytes, obj_description(m.oid, 'pg_largeobject') AS comment, lomacl::text AS rights FROM pg_largeobject_metadata m ORDER BY 1`;

async function prepare() {
  const [source, target] = [openTestEndpoint(await freshDatabase()), openTestEndpoint(await freshDatabase())];
  const session = await source.open({ applicationName: 'test', signal: never });
  await session.query(`
    DO $$ BEGIN CREATE ROLE lo_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    SELECT lo_from_bytea(4711, decode(repeat('00ff10', 1000000), 'hex')), lo_from_bytea(4712, ''), lo_from_bytea(4713, decode(repeat('ab', 1048576), 'hex'));
    SELECT lo_create(4714), lo_put(4714, 3000000, 'end');
    COMMENT ON LARGE OBJECT 4712 IS 'it''s empty';
    GRANT SELECT ON LARGE OBJECT 4711 TO lo_reader`);
  const options = {
    source,
    target,
    migrationId: 'mig_lo',
    epoch: 1,
    roles: true,
    admit: () => Promise.resolve(),
    onProgress: () => undefined,
    signal: never,
  };
  return { options, session, atTarget: await target.open({ applicationName: 'test', signal: never }) };
}

it('copies large objects with holes, rights and comments, each once, whenever its holder dies', async () => {
  const { options, session, atTarget } = await prepare();
  for (const failAt of [9, 12, 17, 22]) {
    const target = fragileEndpoint(options.target, failAt, failAt % 2 === 0 ? 'before' : 'during');
    await copyLargeObjects({ ...options, target }).catch(() => undefined);
  }
  const copied = { objects: 4, bytes: 3_000_000 + 1_048_576 + 3_000_003 };
  expect(await copyLargeObjects(options)).toEqual(copied);
  expect(await copyLargeObjects(options)).toEqual(copied);
  expect(await atTarget.query(DIGESTS)).toEqual(await session.query(DIGESTS));
  await Promise.all([session.close(), atTarget.close()]);
});

it('does not touch one that the target has', async () => {
  const { options, session, atTarget } = await prepare();
  await atTarget.query(`SELECT lo_from_bytea(4711, 'mine')`);
  await expect(copyLargeObjects(options)).rejects.toMatchObject({ code: 'LARGE_OBJECT_EXISTS' });
  expect(await atTarget.query(`SELECT encode(lo_get(4711), 'escape') AS text`)).toEqual([{ text: 'mine' }]);
  await Promise.all([session.close(), atTarget.close()]);
});
