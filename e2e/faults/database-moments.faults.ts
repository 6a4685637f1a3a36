import { describeIf, whyNoClientTools, whyNoToxiproxy } from '@smartant/test-servers';
import { Client } from 'pg';
import { Bank, contentOf, leftBehind } from '../database/bank';
import { waitFor } from '../platform/embedded-platform';
import { ApiMigration } from '../platform/migration';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { checkReport } from './chaos/checks';
import { persistently } from './chaos/persistently';
import { SeededRandom } from './chaos/seeded-random';
import { BankWriters } from './database/bank-writers';
import { DatabaseUnderFault } from './database/database-under-fault';
import { HeldSession } from './database/held-session';

describeIf(whyNoToxiproxy() ?? whyNoClientTools(), 'a database whose migration is hit at its worst moment', () => {
  let platform: ReplicatedPlatform;
  let source: DatabaseUnderFault;
  let target: DatabaseUnderFault;
  let databases = 0;
  const banks: BankWriters[] = [];

  beforeAll(async () => {
    platform = new ReplicatedPlatform({ replicas: 2, databases: true, storage: false });
    await platform.start();
    [source, target] = await Promise.all([DatabaseUnderFault.start(platform.toxiproxy), DatabaseUnderFault.start(platform.toxiproxy)]);
  }, 300_000);
  afterAll(async () => {
    await platform.dispose();
    await Promise.all([source?.stop(), target?.stop()]);
  }, 120_000);

  // However a test went: its applications do not write into the next one.
  afterEach(() => Promise.all(banks.splice(0).map((bank) => bank.stop().catch(() => undefined))));

  interface Moved {
    bank: BankWriters;
    sourceUrl: string;
    targetUrl: string;
    migration: ApiMigration;
  }

  /** A migration that streams. The table `bank.quiet` has a row, and nobody writes to it. */
  async function streaming(): Promise<Moved> {
    const name = `moment_${(databases += 1)}`;
    const [sourceUrl, targetUrl] = await Promise.all([source.makeDatabase(name), target.makeDatabase(name)]);
    const bank = new BankWriters(sourceUrl, name, new SeededRandom(databases));
    banks.push(bank);
    await bank.found();
    await query(sourceUrl, 'CREATE TABLE bank.quiet (id int PRIMARY KEY); INSERT INTO bank.quiet VALUES (1)');
    bank.open();
    const migration = await ApiMigration.create(platform, {
      name,
      source: source.endpointOf(sourceUrl),
      target: target.endpointOf(targetUrl),
      // Nothing is compared ahead of the freeze: what stops the comparison stops a cutover that has frozen.
      spec: { kind: 'database', database: { verify: 'frozen' }, cutover: { mode: 'manual', finalize: 'manual' } },
    });
    await migration.until(({ phase, ledger }) => phase === 'incremental' && (ledger['appliedTransactions'] ?? 0) > 20);
    return { bank, sourceUrl, targetUrl, migration };
  }

  const query = (url: string, sql: string) => new Bank(url).with(async (client: Client) => (await client.query(sql)).rows);

  /** Asked again at once: what comes after a freeze is a matter of some hundred milliseconds. */
  function untilFrozen(sourceUrl: string): Promise<void> {
    const sql = `SELECT FROM pg_db_role_setting WHERE setconfig::text LIKE '%default_transaction_read_only=on%'
      AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    return new Bank(sourceUrl).with(async (client: Client) => {
      for (const endMs = Date.now() + 60_000; Date.now() < endMs;) if ((await client.query(sql)).rows.length > 0) return;
      throw new Error('the source was not frozen within a minute');
    });
  }

  /** The cutover is held by the first db-migrator, since there is no other; the source is frozen, and a lock stops the opening. */
  async function frozenCutover({ sourceUrl, targetUrl, migration }: Moved): Promise<HeldSession> {
    const [, second] = platform.replicas['db-migrator'];
    await second!.stop();
    await migration.act('cutover');
    await untilFrozen(sourceUrl);
    const lock = await HeldSession.open(targetUrl, 'LOCK TABLE smartant.cutover IN EXCLUSIVE MODE');
    await waitFor('the opening to wait', () => lock.holdsUp(), 60_000);
    const [frozen] = await query(sourceUrl, 'SHOW default_transaction_read_only');
    expect(frozen).toEqual({ default_transaction_read_only: 'on' });
    return lock;
  }

  async function killHolder(): Promise<void> {
    const [first, second] = platform.replicas['db-migrator'];
    await first!.kill();
    await Promise.all([first!.start(), second!.start()]);
  }

  const openedAt = async (targetUrl: string): Promise<unknown> =>
    (await query(targetUrl, 'SELECT opened_at FROM smartant.cutover'))[0].opened_at;

  async function untilOpen({ migration }: Moved): Promise<void> {
    const cut = await migration.until(({ phase, status }) => phase === 'reversible' && status !== 'pending');
    expect(cut.verification).toMatchObject({ equal: true, differenceCount: 0 });
  }

  /** Applications go on at the target, what they write comes back, and nothing is left in the end. */
  async function finishAtTarget({ bank, sourceUrl, targetUrl, migration }: Moved): Promise<void> {
    bank.moveTo(targetUrl);
    await bank.untilMore(20);
    await bank.stop();
    await waitFor(
      'the stream back',
      async () => JSON.stringify(await contentOf(sourceUrl)) === JSON.stringify(await contentOf(targetUrl)),
      60_000,
    );
    await bank.check(targetUrl);
    await migration.act('finalize');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    await checkReport(platform, migration);
    for (const url of [sourceUrl, targetUrl]) expect(await leftBehind(url)).toEqual([]);
  }

  it('goes on with the cutover when its holder is killed between freeze and opening', async () => {
    const moved = await streaming();
    const lock = await frozenCutover(moved);
    await killHolder();
    await lock.close();
    await untilOpen(moved);
    await finishAtTarget(moved);
  }, 300_000);

  it('gives the source back when the cutover of a killed holder turns out to differ, and cuts over later', async () => {
    const moved = await streaming();
    const { bank, targetUrl, migration } = moved;
    const lock = await frozenCutover(moved);
    await killHolder();
    await lock.close('INSERT INTO bank.quiet VALUES (99)');
    await migration.until(({ verification, status }) => verification?.equal === false || status === 'failed');
    expect(await openedAt(targetUrl)).toBeNull();
    await bank.untilMore(20);
    await query(targetUrl, 'DELETE FROM bank.quiet WHERE id = 99');
    await migration.act('retry');
    await untilOpen(moved);
    await finishAtTarget(moved);
  }, 300_000);

  it('stays open when its holder is killed right after the opening', async () => {
    const moved = await streaming();
    const { bank, sourceUrl, targetUrl } = moved;
    const lock = await frozenCutover(moved);
    const own = new URL(platform.postgres.adminUrl);
    own.pathname = '/smartant';
    const completion = await HeldSession.open(own.toString(), 'LOCK TABLE db_migrator.shard_run IN EXCLUSIVE MODE');
    await lock.close();
    await waitFor('the target to be open', async () => (await openedAt(targetUrl)) !== null, 30_000);
    const first = await openedAt(targetUrl);
    await platform.replicas['db-migrator'][0]!.kill();
    await completion.close();
    await killHolder();
    await untilOpen(moved);
    expect(await openedAt(targetUrl)).toEqual(first);
    // Nobody writes at the old place meanwhile.
    await expect(query(sourceUrl, 'INSERT INTO bank.quiet VALUES (2)')).rejects.toMatchObject({ code: '25006' });
    await waitFor('writers to be refused', () => bank.isRefused, 30_000);
    await finishAtTarget(moved);
  }, 300_000);

  it('fails when its slot is dropped, and leaves the source at work', async () => {
    const moved = await streaming();
    const { bank, sourceUrl, targetUrl, migration } = moved;
    await persistently(() =>
      query(
        sourceUrl,
        'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database() AND active',
      ).then(() =>
        query(sourceUrl, 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()'),
      ),
    );
    const failed = await migration.until(({ status }) => status === 'failed');
    expect(failed.error).toMatchObject({ code: 'DATABASE_SOURCE_CHANGED' });
    await bank.untilMore(50);
    await bank.stop();
    await bank.check(sourceUrl);
    expect(bank.isRefused).toBe(false);
    await migration.act('cancel');
    await migration.until(({ status }) => status === 'cancelled');
    for (const url of [sourceUrl, targetUrl]) {
      await waitFor('nothing to be left', async () => (await leftBehind(url)).length === 0, 30_000);
    }
  }, 300_000);
});
