import { changedTables, type TableChange } from './change-tables';
import { databaseScope, type DatabaseScope } from './database-scope';
import { SPECS } from './fixtures/every-event';

const spec = (scope: Partial<DatabaseScope>) => ({ ...SPECS.database, database: databaseScope(scope) }) as typeof SPECS.database;
const changed = (scope: Partial<DatabaseScope>, change: Partial<TableChange>, request = 1) =>
  changedTables(spec(scope), { add: [], drop: [], resync: [], ...change }, request);

describe('tables of a migration that is under way', () => {
  it('are added to what is included, and taken out of what is excluded', () => {
    expect(changed({ includeTables: ['shop.a'] }, { add: ['shop.b', 'shop.a'] }).includeTables).toEqual(['shop.a', 'shop.b']);
    expect(changed({ excludeTables: ['shop.b', 'shop.c'] }, { add: ['shop.b'] })).toMatchObject({
      includeTables: [],
      excludeTables: ['shop.c'],
    });
  });

  it('are dropped by exclusion, so that including nothing never comes to mean everything', () => {
    const dropped = changed({ includeTables: ['shop.a'] }, { drop: ['shop.a'] });
    expect(dropped).toMatchObject({ includeTables: ['shop.a'], excludeTables: ['shop.a'] });
    expect(changed(dropped, { add: ['shop.a'] })).toMatchObject({ includeTables: ['shop.a'], excludeTables: [] });
  });

  it('are asked for anew with each resync, and forgotten when they are dropped', () => {
    const once = changed({}, { resync: ['shop.a', 'shop.b'] }, 3);
    const again = changed(once, { resync: ['shop.a'] }, 8);
    expect(again.resyncs).toEqual([
      { table: 'shop.b', request: 3 },
      { table: 'shop.a', request: 8 },
    ]);
    expect(changed(again, { drop: ['shop.a'] }).resyncs).toEqual([{ table: 'shop.b', request: 3 }]);
  });

  it.each<[Partial<DatabaseScope>, string, string]>([
    [{ excludeTables: ['shop.audit_*'] }, 'shop.audit_2024', 'the exclusion "shop.audit_*"'],
    [{ includeTables: ['shop.a'], excludeTables: ['*.old'] }, 'shop.old', 'the exclusion "*.old"'],
    [{ excludeSchemas: ['int?rnal'] }, 'internal.jobs', 'the excluded schema "int?rnal"'],
  ])('are refused where an exclusion would withhold them: %j, %s', (scope, name, reason) => {
    expect(() => changed(scope, { add: ['shop.fine', name] })).toThrow(
      expect.objectContaining({
        code: 'MIGRATION_SPEC_INVALID',
        fields: [{ field: 'add.1', message: expect.stringContaining(reason) as string }],
      }),
    );
    expect(changed({ excludeTables: ['shop.audit_*'] }, { add: ['shop.audit_*'] }).excludeTables).toEqual([]);
  });

  it.each<[Partial<TableChange>, string]>([
    [{}, 'add'],
    [{ add: ['shop'] }, 'add.0'],
    [{ add: ['shop.[a'] }, 'add.0'],
    [{ resync: ['.a'] }, 'resync.0'],
    [{ add: ['shop.a'], drop: ['shop.a'] }, 'add.0'],
    [{ resync: ['shop.a'], drop: ['shop.a'] }, 'resync.0'],
  ])('%j is refused', (change, field) => {
    expect(() => changed({}, change)).toThrow(
      expect.objectContaining({ code: 'MIGRATION_SPEC_INVALID', fields: [expect.objectContaining({ field })] }),
    );
  });

  it('are fixed where no changes are streamed', () => {
    expect(() => changed({ mode: 'snapshot' }, { add: ['a.b'] })).toThrow(expect.objectContaining({ code: 'MIGRATION_TABLES_FIXED' }));
    expect(() => changedTables(SPECS.storage, { add: ['a.b'], drop: [], resync: [] }, 1)).toThrow(
      expect.objectContaining({ code: 'MIGRATION_TABLES_FIXED' }),
    );
  });
});
