import { freshDatabase } from '@smartant/test-servers';
import type { DatabaseScope } from '../../../domain/database-scope';
import { openTestEndpoint } from '../fixtures/test-endpoint';
import { liveFindings } from './live-rules';
import { pairFindings } from './pair-rules';
import { readServerFacts, type ServerFacts } from './server-facts';
import { capacityFindings, sourceFindings, targetFindings } from './server-rules';

const { signal } = new AbortController();
const scope = { targetPolicy: 'refuse', largeObjects: false } as DatabaseScope;

let real: ServerFacts;
beforeAll(async () => {
  const session = await openTestEndpoint(await freshDatabase()).open({ applicationName: 'test', signal });
  real = await readServerFacts(session, signal);
  await session.close();
});

/** What no server here is like: facts of a real one, with one of them changed. */
const pair = (source: Partial<ServerFacts>, target: Partial<ServerFacts> = {}) =>
  pairFindings({ source: { ...real, ...source }, target: { ...real, ...target }, scope }).map(
    ({ severity, code, subject }) => `${severity} ${code} ${subject}`,
  );

it('finds nothing between two servers that are alike', () => {
  expect(pair({})).toEqual([]);
});

it.each([
  ['too old', { version: 110_022 }, {}, ['blocker DATABASE_VERSION_TOO_OLD source']],
  ['older at the target', { version: 170_001 }, { version: 160_004 }, ['blocker DATABASE_VERSION_DOWNGRADE target']],
  ['newer than tried', { version: 180_001 }, { version: 190_000 }, ['warning DATABASE_VERSION_UNTESTED target']],
  ['of one major', { version: 160_001 }, { version: 160_000 }, []],
] as const)('judges versions: %s', (_, source, target, expected) => {
  expect(pair(source, target)).toEqual(expected);
});

it('judges encodings', () => {
  expect(pair({ encoding: 'SQL_ASCII' })).toEqual(['blocker DATABASE_ENCODING source']);
  expect(pair({ encoding: 'SQL_ASCII' }, { encoding: 'SQL_ASCII' })).toEqual(['warning DATABASE_ENCODING both']);
  expect(pair({}, { encoding: 'SQL_ASCII' })).toEqual(['blocker DATABASE_ENCODING target']);
  expect(pair({ encoding: 'LATIN1' })).toEqual([]);
});

it('judges collations, extensions and clocks', () => {
  expect(pair({ collate: 'de_DE.utf8' })).toEqual(['warning DATABASE_LOCALE_DIFFERS target']);
  expect(pair({}, { collationVersion: '2.31', actualCollationVersion: '2.36' })).toEqual(['warning DATABASE_COLLATION_VERSION target']);
  expect(pair({ extensions: [{ name: 'postgis', version: '3.4' }] })).toEqual(['blocker DATABASE_EXTENSION_MISSING target']);
  expect(pair({ extensions: [{ name: 'hstore', version: '1.8' }] })).toEqual([]);
  expect(pair({ clockSkewMs: -45_000 })).toEqual(['warning DATABASE_CLOCK_SKEW source']);
});

it('passes over tables of extensions that the role cannot reach', async () => {
  const session = await openTestEndpoint(await freshDatabase()).open({ applicationName: 'test', signal });
  await session.query(`CREATE EXTENSION hstore WITH SCHEMA public; CREATE SCHEMA hidden; CREATE TABLE hidden.settings (id int); INSERT INTO hidden.settings VALUES (1);
    ALTER EXTENSION hstore ADD TABLE hidden.settings; UPDATE pg_extension SET extconfig = ARRAY['hidden.settings'::regclass::oid], extcondition = ARRAY[''] WHERE extname = 'hstore'`);
  expect((await readServerFacts(session, signal)).extensionTables).toEqual(['hidden.settings']);
  await session.query('GRANT SELECT ON hidden.settings TO pg_monitor; SET ROLE pg_monitor');
  expect((await readServerFacts(session, signal)).extensionTables).toEqual([]);
  await session.close();
});

it('says which session holds up a slot', () => {
  const facts = { ...real, oldestTransactionSeconds: 4_000, oldestTransactionPid: '77' };
  expect(sourceFindings(facts, scope, true)).toMatchObject([
    { code: 'DATABASE_TRANSACTION_OLD', message: expect.stringContaining('session 77') },
  ]);
  expect(sourceFindings(facts, scope, false)).toEqual([]);
});

it('offers grants of parameters only where the version has them', () => {
  const facts = { ...real, maySetReplicationRole: false };
  expect(targetFindings(facts, true)[0]?.fix).toMatchObject({ isSafe: true });
  expect(targetFindings({ ...facts, version: 140_000 }, true)[0]).not.toHaveProperty('fix');
});

it('sees that the lock table is too small, and that a standby cannot stream', () => {
  expect(capacityFindings(real, 'source', { connections: 1, tables: 1_000_000 })).toMatchObject([{ code: 'DATABASE_LOCKS_FEW' }]);
  expect(liveFindings({ ...real, isInRecovery: true }, 'target')).toMatchObject([
    { code: 'DATABASE_STANDBY', hint: expect.stringContaining('--no-reverse') },
  ]);
});

it('sees that a snapshot of a standby could be copied, and never cut over', () => {
  const standby = { ...real, isInRecovery: true };
  expect(sourceFindings(standby, scope, false)).toMatchObject([{ severity: 'blocker', code: 'DATABASE_STANDBY', subject: 'source' }]);
  expect(sourceFindings({ ...real, isInRecovery: false }, scope, false)).toEqual([]);
});
