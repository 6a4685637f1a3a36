import { Client } from 'pg';
import { Bank } from '../../database/bank';
import { waitFor } from '../../platform/embedded-platform';
import { persistently } from '../chaos/persistently';
import type { SeededRandom } from '../chaos/seeded-random';

const ACCOUNTS = 200;
const WRITERS = 2;
/** Between two transfers, so that the servers have power left for what is tested. */
const PACE_MS = 15;
/** Before an application that was turned away knocks again. */
const AGAIN_MS = 200;
const READ_ONLY = '25006';

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Applications that move money all the time and connect again whenever they are turned away. They know of every transfer what they were told of
 * it: that it was committed, that it was not, or nothing, when the connection broke before the answer.
 */
export class BankWriters {
  /** Keys of transfers, in the column `note`. */
  readonly acknowledged: string[] = [];
  private readonly unsure = new Set<string>();
  private url: string;
  private count = 0;
  private running: Promise<void> | undefined;
  private stopped = false;
  /** Since they were last sent to a database: it has told them that it is read-only. */
  isRefused = false;

  constructor(
    url: string,
    private readonly name: string,
    private readonly random: SeededRandom,
  ) {
    this.url = url;
  }

  found(): Promise<void> {
    return persistently(() =>
      new Bank(this.url).with((client) => client.query('DROP SCHEMA IF EXISTS bank CASCADE')).then(() => new Bank(this.url).found()),
    );
  }

  open(): void {
    this.stopped = false;
    this.running = Promise.all(Array.from({ length: WRITERS }, () => this.write())).then(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** As operators change where applications write to. */
  moveTo(url: string): void {
    this.url = url;
    this.isRefused = false;
  }

  /** Until that many more transfers were acknowledged. */
  async untilMore(transfers: number, patienceMs = 120_000): Promise<void> {
    const wanted = this.acknowledged.length + transfers;
    await waitFor(`${transfers} more transfers of ${this.name}`, () => this.acknowledged.length >= wanted, patienceMs);
  }

  get attempted(): number {
    return this.acknowledged.length + this.unsure.size;
  }

  private async write(): Promise<void> {
    while (!this.stopped) {
      const { url } = this;
      const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 60_000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        while (!this.stopped && this.url === url) {
          await this.transfer(client);
          await rest(PACE_MS);
        }
      } catch (error) {
        if (this.url === url && (error as { code?: string }).code === READ_ONLY) this.isRefused = true;
        await rest(AGAIN_MS);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  private async transfer(client: Client): Promise<void> {
    const key = `${this.name} ${(this.count += 1)}`;
    const payer = this.random.between(1, ACCOUNTS);
    const payee = 1 + ((payer - 1 + this.random.between(1, ACCOUNTS - 1)) % ACCOUNTS);
    const amount = (this.random.between(1, 5_000) / 100).toFixed(2);
    await client.query('BEGIN');
    // In one order, so that two transfers never wait for each other.
    for (const id of [payer, payee].sort((a, b) => a - b)) {
      await client.query('UPDATE bank.account SET balance = balance + $2::numeric WHERE id = $1', [
        id,
        id === payee ? amount : `-${amount}`,
      ]);
    }
    await client.query('INSERT INTO bank.transfer (payer, payee, amount, note) VALUES ($1, $2, $3, $4)', [payer, payee, amount, key]);
    this.unsure.add(key);
    await client.query('COMMIT');
    this.unsure.delete(key);
    this.acknowledged.push(key);
  }

  /**
   * Every acknowledged transfer is there once, none that is not theirs, and each account has what its transfers make of it. The writers must be
   * stopped. Rejects with what is wrong.
   */
  async check(url: string): Promise<void> {
    const { transfers, accounts, money } = await persistently(() => readBank(url));
    const wrong: string[] = [];
    const known = new Set([...this.acknowledged, ...this.unsure]);
    for (const key of this.acknowledged) if (!transfers.has(key)) wrong.push(`"${key}" was acknowledged and is lost`);
    for (const [key, times] of transfers) {
      if (times !== 1) wrong.push(`"${key}" is there ${times} times`);
      if (!known.has(key)) wrong.push(`"${key}" was never committed`);
    }
    if (accounts.length > 0) wrong.push(`accounts that do not fit their transfers: ${accounts.join(', ')}`);
    if (money !== ACCOUNTS * 1_000) wrong.push(`the money is ${money}`);
    if (wrong.length > 0) throw new Error(`${this.name}: ${wrong.length} things are wrong:\n${wrong.slice(0, 10).join('\n')}`);
  }
}

async function readBank(url: string): Promise<{ transfers: Map<string, number>; accounts: number[]; money: number }> {
  return new Bank(url).with(async (client) => {
    const transfers = await client.query<{ note: string; times: string }>(
      `SELECT note, count(*) AS times FROM bank.transfer WHERE amount > 0 GROUP BY note`,
    );
    const accounts = await client.query<{ id: number }>(
      `SELECT id FROM bank.account a WHERE balance <> 1000 + coalesce((SELECT sum(amount) FROM bank.transfer WHERE payee = a.id), 0)
        - coalesce((SELECT sum(amount) FROM bank.transfer WHERE payer = a.id), 0)`,
    );
    const money = await client.query<{ money: string }>('SELECT money FROM bank.total');
    return {
      transfers: new Map(transfers.rows.map(({ note, times }) => [note, Number(times)])),
      accounts: accounts.rows.map(({ id }) => id),
      money: Number(money.rows[0]!.money),
    };
  });
}
