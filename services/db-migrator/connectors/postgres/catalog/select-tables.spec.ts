import type { Table, TableName } from './catalog';
import { selectTables, type TableFilters } from './select-tables';
import { nameOf, targetNameOf } from './target-name';

function table(name: string, more: { root?: string; parents?: string[] } = {}): Table {
  const named = (text: string): TableName => ({ schema: text.split('.')[0] ?? '', table: text.split('.').slice(1).join('.') });
  return { ...named(name), root: more.root ? named(more.root) : null, parents: (more.parents ?? []).map(named) } as Table;
}

const tables = [
  table('app.orders'),
  table('app.p'),
  table('app.p_mid', { root: 'app.p', parents: ['app.p'] }),
  table('app.p_leaf', { root: 'app.p', parents: ['app.p_mid'] }),
  table('app.child', { parents: ['app.orders'] }),
  table('log.lines'),
  table('log.with/slash'),
  table('log...'),
];

function selected(filters: Partial<TableFilters>): string[] {
  const none = { includeSchemas: [], excludeSchemas: [], includeTables: [], excludeTables: [] };
  return selectTables({ tables }, { ...none, ...filters }).map(nameOf);
}

describe('selectTables', () => {
  it.each<[string, Partial<TableFilters>, string[]]>([
    ['everything where nothing is included', {}, tables.map(nameOf)],
    [
      'schemas and tables together',
      { includeSchemas: ['app'], includeTables: ['log.l*'] },
      [...tables.slice(0, 5).map(nameOf), 'log.lines'],
    ],
    ['no more than is named', { includeTables: ['app.orders'] }, ['app.orders']],
    ['partitions with their root', { includeTables: ['app.p'] }, ['app.p', 'app.p_mid', 'app.p_leaf']],
    ['what a partition belongs to', { includeTables: ['app.p_leaf'] }, ['app.p', 'app.p_mid', 'app.p_leaf']],
    ['what a table inherits from', { includeTables: ['app.child'] }, ['app.orders', 'app.child']],
    ['no partitions of an excluded root', { includeSchemas: ['app'], excludeTables: ['app.p'] }, ['app.orders', 'app.child']],
    ['nothing of an excluded schema', { includeTables: ['*.*'], excludeSchemas: ['l?g', 'a*'] }, []],
    ['names with slashes and dots alone', { includeTables: ['log.w*', 'log...'] }, ['log.with/slash', 'log...']],
  ])('takes %s', (_, filters, expected) => expect(selected(filters)).toEqual(expected));
});

describe('targetNameOf', () => {
  const target = targetNameOf({
    renames: [
      { from: 'app', to: 'shop' },
      { from: 'app.orders', to: 'purchases' },
      { from: 'app.p', to: 'shop.parts' },
      { from: 'log.lines', to: 'elsewhere.lines' },
    ],
  });

  it('renames schemas and tables', () => {
    expect(['app.orders', 'app.p', 'app.other', 'public.t'].map((name) => nameOf(target(table(name))))).toEqual([
      'shop.purchases',
      'shop.parts',
      'shop.other',
      'public.t',
    ]);
  });

  it('refuses to move a table into another schema', () => {
    expect(() => target(table('log.lines'))).toThrow(expect.objectContaining({ code: 'DATABASE_RENAME_INVALID' }));
  });
});
