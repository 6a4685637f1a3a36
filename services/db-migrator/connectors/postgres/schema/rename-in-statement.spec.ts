import { mentionsInBody, renameSchemas, renameTables } from './rename-in-statement';
import { sqlTokens } from './sql-tokens';

const schemas = new Map([
  ['shop', 'Läden'],
  ['Odd "one"', 'plain'],
]);
const renamed = (kind: string, sql: string) => renameSchemas({ kind }, sql, schemas);

describe('sqlTokens', () => {
  it('gives back what it took, whatever is in it', () => {
    const sql = `SELECT 'it''s' , E'a\\'b', $x$ shop.t $$ 'q' $x$, "a""b".c /* shop. /* nested */ ' */ -- 'x\n , a$1, $1, 1.5e3, 'end`;
    expect(
      sqlTokens(sql)
        .map(({ text }) => text)
        .join(''),
    ).toBe(sql);
    expect(sqlTokens(`"a""b"`)).toEqual([{ kind: 'quoted-name', text: '"a""b"', name: 'a"b' }]);
    expect(sqlTokens('$x$ $$ $x$')).toHaveLength(1);
  });
});

describe('renameSchemas', () => {
  it('renames what is named, and no text', () => {
    const sql = `CREATE TABLE shop.t (a shop.kind DEFAULT 'shop.x'::shop.kind, b text DEFAULT $$shop.y$$, c "Odd ""one""".d, shop int); -- shop.z`;
    expect(renamed('TABLE', sql)).toEqual({
      sql: `CREATE TABLE "Läden".t (a "Läden".kind DEFAULT 'shop.x'::"Läden".kind, b text DEFAULT $$shop.y$$, c "plain".d, shop int); -- shop.z`,
      ambiguous: null,
    });
  });

  it('renames constants that the server reads as names', () => {
    expect(renamed('DEFAULT', `SET DEFAULT nextval('shop."S q"'::regclass)`).sql).toBe(`SET DEFAULT nextval('"Läden"."S q"'::regclass)`);
    expect(renamed('FUNCTION', `CREATE FUNCTION a.b() SET search_path TO 'shop', 'pg_temp' AS $$x$$`).sql).toContain(
      `TO 'Läden', 'pg_temp'`,
    );
  });

  it('leaves columns of a table that is called as the schema', () => {
    expect(renamed('TRIGGER', 'WHEN ((new.shop.x = 1))').sql).toBe('WHEN ((new.shop.x = 1))');
  });

  it('renames a schema that stands alone only where the statement is about schemas', () => {
    expect(renamed('ACL', 'GRANT USAGE ON SCHEMA shop TO shop;').sql).toBe('GRANT USAGE ON SCHEMA "Läden" TO shop;');
    expect(renamed('TABLE', 'CREATE TABLE x.t (schema shop)').sql).toBe('CREATE TABLE x.t (schema shop)');
  });

  it('does not guess in a query', () => {
    expect(renamed('VIEW', 'CREATE VIEW a.v AS SELECT shop.id FROM a.t shop').ambiguous).toContain('"shop"');
    expect(renamed('VIEW', 'CREATE VIEW a.v AS SELECT t.id FROM shop.t').ambiguous).toBeNull();
  });
});

it('renames tables by both parts of their name', () => {
  const tables = new Map([[JSON.stringify(['a', 'b']), { schema: 'a', table: 'C d' }]]);
  expect(renameTables('ALTER TABLE ONLY a.b ADD CONSTRAINT b FOREIGN KEY (a) REFERENCES "a"."b"(b); x.a.b', tables)).toBe(
    'ALTER TABLE ONLY "a"."C d" ADD CONSTRAINT b FOREIGN KEY (a) REFERENCES "a"."C d"(b); x.a.b',
  );
});

it('finds words in the text of functions only', () => {
  expect(mentionsInBody(`CREATE FUNCTION shop.f() AS $$SELECT 1 FROM Shop.t$$`, ['shop', 'workshop'])).toEqual(['shop']);
  expect(mentionsInBody(`CREATE FUNCTION shop.f() AS $$SELECT workshop$$`, ['shop'])).toEqual([]);
});
