import { freshDatabase } from '@smartant/test-servers';
import { WHOLE_SCOPE } from '../../../testkit/whole-scope';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { fixEnds } from '../stages/prepare';

const { signal } = new AbortController();

it('runs what is safe, or asked for, tells what failed, and looks again', async () => {
  const url = await freshDatabase();
  const admin = await openTestEndpoint(url).open({ applicationName: 'test', signal });
  await admin.query(`DO $$ BEGIN IF to_regrole('fixer') IS NULL THEN CREATE ROLE fixer LOGIN PASSWORD 'secret' REPLICATION; END IF; END $$;
    CREATE SCHEMA shop AUTHORIZATION fixer; SET ROLE fixer; CREATE TABLE shop.plain (a int); CREATE UNLOGGED TABLE shop.fast (a int PRIMARY KEY); RESET ROLE;
    CREATE TABLE shop.theirs (a int PRIMARY KEY)`);
  const own = new URL(url);
  [own.username, own.password] = ['fixer', 'secret'];
  const ends = { source: openTestEndpoint(own.toString()), target: openTestEndpoint(await freshDatabase()), scope: WHOLE_SCOPE };
  const first = await fixEnds(ends, { codes: [], includeUnsafe: false }, signal);
  const told = first.applied.map(({ code, error }) => [code, error?.code ?? null]);
  // Its own table it may alter; rights on somebody else's it cannot give itself.
  expect(told).toEqual(
    expect.arrayContaining([
      ['DATABASE_TABLE_WITHOUT_KEY', null],
      ['DATABASE_READ_DENIED', 'DATABASE_ACCESS_DENIED'],
    ]),
  );
  const codes = first.findings.map(({ code }) => code);
  expect(codes).not.toContain('DATABASE_TABLE_WITHOUT_KEY');
  expect(codes).toEqual(expect.arrayContaining(['DATABASE_READ_DENIED', 'DATABASE_TABLE_UNLOGGED']));
  const second = await fixEnds(ends, { codes: ['DATABASE_TABLE_UNLOGGED'], includeUnsafe: true }, signal);
  expect(second.applied).toMatchObject([{ code: 'DATABASE_TABLE_UNLOGGED', subject: 'source', error: null }]);
  expect(second.findings.map(({ code }) => code)).not.toContain('DATABASE_TABLE_UNLOGGED');
  expect((await admin.query(`SELECT relpersistence FROM pg_class WHERE oid = 'shop.fast'::regclass`))[0]).toEqual({ relpersistence: 'p' });
  await admin.close();
});
