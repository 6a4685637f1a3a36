import { Bank, contentOf } from '../../database/bank';
import { persistently } from '../chaos/persistently';
import type { SeededRandom } from '../chaos/seeded-random';

interface ColumnChoice {
  table: string;
  exclude: string[];
  renames: { from: string; to: string }[];
}

interface TableChoice extends ColumnChoice {
  /** Of the source, without what is left out. */
  columns: string[];
  where?: string;
}

type End = 'source' | 'target';

/** What may be chosen of each table: no statement of the bank, and none of what is done to it beside, names what is left out or renamed. */
const TABLES: { table: string; columns: string[]; exclude: string; rename: [string, string]; conditions: string[] }[] = [
  { table: 'bank.account', columns: ['id', 'owner', 'balance', 'label'], exclude: 'label', rename: ['owner', 'holder'], conditions: [] },
  {
    table: 'bank.transfer',
    columns: ['id', 'payer', 'payee', 'amount', 'note', 'at', 'origin'],
    exclude: 'origin',
    rename: ['at', 'happened at'],
    // Those that the bank was founded with move no money.
    conditions: ['id > 5000'],
  },
  {
    table: 'bank.busy',
    columns: ['id', 'n', 'note', 'extra'],
    exclude: 'extra',
    rename: ['n', 'times'],
    // By `extra`, updates bring rows in and take them out.
    conditions: ['id % 5 <> 0', 'extra % 3 <> 1'],
  },
  { table: 'bank.quiet', columns: ['id', 'note', 'extra'], exclude: 'extra', rename: ['extra', 'note 2'], conditions: ['id <= 150'] },
  // Conditions have to be on tables that are in the scope from the beginning.
  {
    table: 'bank.later',
    columns: ['id', 'account', 'note', 'extra'],
    exclude: 'extra',
    rename: ['account', 'of_account'],
    conditions: [],
  },
];

/** Columns that are there to be chosen; applications rely on their defaults. Made before a migration; may be repeated. */
const PREPARATION = `ALTER TABLE bank.account ADD COLUMN IF NOT EXISTS label text NOT NULL DEFAULT 'none';
  UPDATE bank.account SET label = 'label ' || id;
  ALTER TABLE bank.transfer ADD COLUMN IF NOT EXISTS origin text NOT NULL DEFAULT 'here'`;

/** What left-out columns and rows of the source must be in the end, whatever came back. */
const UNTOUCHED: [what: string, sql: string][] = [
  ['labels of accounts', `SELECT count(*) AS n FROM bank.account WHERE label <> 'label ' || id`],
  ['origins of transfers', `SELECT count(*) AS n FROM bank.transfer WHERE origin <> 'here'`],
  ['old transfers', 'SELECT 5000 - count(*) AS n FROM bank.transfer WHERE id <= 5000'],
  ['quiet rows', `SELECT 50 - count(*) AS n FROM bank.quiet WHERE id > 150 AND note = 'quiet ' || id`],
  ['rows written at the target', `SELECT 1 - count(*) AS n FROM bank.quiet WHERE id = 900 AND note = 'written at the target'`],
];

/** Beside the condition, where there is one: it comes back all the same, and is nothing that a rollback minds. */
const WRITTEN_AT_TARGET = `INSERT INTO bank.quiet (id, note) VALUES (900, 'written at the target') ON CONFLICT DO NOTHING`;

/** Which rows and columns of its tables a migration takes, and how columns are called at the target. */
export class ChosenScope {
  private constructor(private readonly choices: readonly TableChoice[]) {}

  static by(random: SeededRandom): ChosenScope {
    return new ChosenScope(
      TABLES.map(({ table, columns, exclude, rename: [from, to], conditions }) => {
        const leftOut = random.next() < 0.4 ? [exclude] : [];
        const isRenamed = random.next() < 0.4 && !leftOut.includes(from);
        const where = random.next() < 0.5 && conditions.length > 0 ? random.pick(conditions) : undefined;
        return {
          table,
          columns: columns.filter((name) => !leftOut.includes(name)),
          exclude: leftOut,
          renames: isRenamed ? [{ from, to }] : [],
          where,
        };
      }),
    );
  }

  /** As the API takes it. */
  get spec(): { rows: { table: string; where: string }[]; columns: ColumnChoice[] } {
    return {
      rows: this.choices.flatMap(({ table, where }) => (where === undefined ? [] : [{ table, where }])),
      columns: this.choices
        .filter(({ exclude, renames }) => exclude.length + renames.length > 0)
        .map(({ table, exclude, renames }) => ({ table, exclude, renames })),
    };
  }

  /** For whoever reads what was tried. */
  get words(): string {
    const words = this.choices.flatMap(({ table, where, exclude, renames }) => [
      ...(where === undefined ? [] : [`${table} where ${where}`]),
      ...exclude.map((name) => `without ${table}.${name}`),
      ...renames.map(({ from, to }) => `${table}.${from} as "${to}"`),
    ]);
    return words.length > 0 ? words.join(', ') : 'everything';
  }

  /** What the tables need of the source, once they are there. */
  async prepare(sourceUrl: string): Promise<void> {
    // Else the server would not know the old row's side of the condition.
    const identities = this.choices
      .filter(({ where }) => where?.includes('extra'))
      .map(({ table }) => `ALTER TABLE ${table} REPLICA IDENTITY FULL`);
    await persistently(() => query(sourceUrl, [PREPARATION, ...identities].join('; ')));
  }

  /** Rows of `tables` that are migrated, as they are now. */
  async countRows(sourceUrl: string, tables: readonly string[]): Promise<number> {
    const asked = this.choices.filter(({ table }) => tables.includes(table));
    const sql = asked.map(({ table, where = 'true' }) => `(SELECT count(*) FROM ${table} WHERE ${where})`).join(' + ');
    const [row] = await persistently(() => query(sourceUrl, `SELECT ${sql} AS n`));
    return Number(row!['n']);
  }

  /** As an application does that was sent there. */
  async writeAtTarget(targetUrl: string): Promise<void> {
    await persistently(() => query(targetUrl, WRITTEN_AT_TARGET));
  }

  /** What of an end's content has to be equal to that of the other: what was chosen of the source, and all that came of it. */
  contentAt(end: End, url: string, only?: string): ReturnType<typeof contentOf> {
    const chosen = end === 'source' ? this.choices : this.choices.filter(({ table }) => table === 'bank.quiet');
    return contentOf(url, only, new Map(chosen.map((choice) => [choice.table, rowsOf(choice, end)])));
  }

  /** The same rows of one table, as they are. */
  async rowsAt(end: End, url: string, table: string): Promise<Set<string>> {
    const choice = this.choices.find((one) => one.table === table);
    const from = end === 'source' && choice ? `(${rowsOf(choice, end)})` : table;
    return new Set((await query(url, `SELECT t::text AS row FROM ${from} t`)).map(({ row }) => String(row)));
  }

  async isEqual(sourceUrl: string, targetUrl: string): Promise<boolean> {
    const [source, target] = [await this.contentAt('source', sourceUrl), await this.contentAt('target', targetUrl)];
    return JSON.stringify(source) === JSON.stringify(target);
  }

  /** Rejects when what stays at the source was changed there by what came back, or what was written at the target did not. */
  async checkUntouched(sourceUrl: string): Promise<void> {
    for (const [what, sql] of UNTOUCHED) {
      const [row] = await persistently(() => query(sourceUrl, sql));
      if (Number(row!['n']) !== 0) throw new Error(`${row!['n']} ${what} are not as they were at the source`);
    }
  }
}

function rowsOf({ table, columns, where = 'true' }: TableChoice, end: End): string {
  const names = end === 'source' ? columns.map((name) => `"${name}"`).join(', ') : '*';
  return `SELECT ${names} FROM ${table} WHERE ${where}`;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return new Bank(url).with(async (client) => (await client.query<Record<string, unknown>>(sql)).rows);
}
