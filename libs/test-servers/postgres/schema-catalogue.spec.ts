import { Client } from 'pg';
import { contractedBetween, readSchemaCatalogue } from './schema-catalogue';
import { freshDatabase } from './shared-postgres';

const BEFORE = `
  CREATE SCHEMA bank;
  CREATE TABLE bank.account (id int PRIMARY KEY, owner text, balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0));
  CREATE FUNCTION bank.total(of_owner text) RETURNS bigint LANGUAGE sql AS $$ SELECT 1::bigint $$;`;

describe('what was contracted between two states of a schema', () => {
  const told = async (change: string): Promise<string[]> => {
    const url = await freshDatabase('catalogue');
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(BEFORE);
      const before = await readSchemaCatalogue(url);
      await client.query(change);
      return contractedBetween(before, await readSchemaCatalogue(url));
    } finally {
      await client.end();
    }
  };

  it.each([
    ['DROP TABLE bank.account', 'owner is gone'],
    ['ALTER TABLE bank.account RENAME owner TO holder', 'owner is gone'],
    ['ALTER TABLE bank.account ALTER balance TYPE numeric', 'balance is numeric, and was bigint'],
    ['ALTER TABLE bank.account ALTER owner SET NOT NULL', 'owner takes no null any more'],
    ['ALTER TABLE bank.account ALTER balance DROP DEFAULT', 'balance is no longer filled by itself'],
    ['ALTER TABLE bank.account ADD branch int NOT NULL', 'branch is new and has to be given'],
    [`ALTER TABLE bank.account ADD CHECK (owner <> '')`, 'is a new rule'],
    ['CREATE UNIQUE INDEX one_each ON bank.account (owner)', 'is a new rule'],
    ['CREATE UNIQUE INDEX one_each_of_any_case ON bank.account (lower(owner))', 'is a new rule'],
    ['ALTER TABLE bank.account DROP CONSTRAINT account_pkey', 'PRIMARY KEY (id) is gone'],
    ['DROP FUNCTION bank.total', 'bank.total(of_owner text) is gone'],
    [
      'DROP FUNCTION bank.total; CREATE FUNCTION bank.total(of_owner text, at date) RETURNS bigint LANGUAGE sql AS $$ SELECT 1::bigint $$',
      'bank.total(of_owner text) is gone',
    ],
  ])('tells of %s', async (change, words) => {
    expect((await told(change)).join('\n')).toContain(words);
  });

  it.each([
    `ALTER TABLE bank.account ADD branch int NOT NULL DEFAULT 1 CHECK (branch > 0), ADD note text UNIQUE`,
    'CREATE TABLE bank.branch (id int PRIMARY KEY, name text NOT NULL UNIQUE); CREATE INDEX by_owner ON bank.account (owner)',
    'ALTER TABLE bank.account ALTER balance DROP NOT NULL',
    'CREATE OR REPLACE FUNCTION bank.total(of_owner text) RETURNS bigint LANGUAGE sql AS $$ SELECT 2::bigint $$',
  ])('has nothing to tell of %s', async (change) => {
    expect(await told(change)).toEqual([]);
  });
});
