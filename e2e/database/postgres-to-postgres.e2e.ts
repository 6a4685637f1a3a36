import { describeIf, startRestartablePostgres, whyNoClientTools, type RestartablePostgres } from '@smartant/test-servers';
import { EmbeddedPlatform, waitFor } from '../platform/embedded-platform';
import { ApiMigration } from '../platform/migration';
import { Bank, contentOf, inlineEndpoint, leftBehind } from './bank';

describeIf(whyNoClientTools(), 'a PostgreSQL database that is written to', () => {
  const platform = new EmbeddedPlatform();
  let source: RestartablePostgres;
  let target: RestartablePostgres;
  let databases = 0;

  beforeAll(async () => {
    source = await startRestartablePostgres();
    target = await startRestartablePostgres();
    await platform.start();
  }, 180_000);
  afterAll(async () => {
    await platform.dispose();
    await Promise.all([source?.stop(), target?.stop()]);
  }, 60_000);

  async function begin(spec: object = {}): Promise<{ bank: Bank; sourceUrl: string; targetUrl: string; migration: ApiMigration }> {
    const name = `bank${(databases += 1)}`;
    const [sourceUrl, targetUrl] = await Promise.all([source.createDatabase(name), target.createDatabase(name)]);
    const bank = new Bank(sourceUrl);
    await bank.found();
    bank.open();
    const migration = await ApiMigration.create(platform, {
      name,
      source: inlineEndpoint(sourceUrl),
      target: inlineEndpoint(targetUrl),
      spec: { kind: 'database', database: {}, cutover: { mode: 'manual', finalize: 'manual' }, ...spec },
    });
    return { bank, sourceUrl, targetUrl, migration };
  }

  it('arrives whole and in seconds, and the money with it, though it was paused on the way', async () => {
    const { bank, sourceUrl, targetUrl, migration } = await begin();
    const streaming = await migration.until(({ phase, ledger }) => phase === 'incremental' && (ledger['appliedTransactions'] ?? 0) > 100);
    expect(streaming.ledger).toMatchObject({ copiedTables: 2 });
    await migration.act('pause');
    await migration.until(({ status }) => status === 'paused');
    const applied = async () => (await migration.until(() => true)).ledger['appliedTransactions'] ?? 0;
    const [before, written] = [await applied(), bank.transfers];
    await waitFor('transfers that nobody reads', () => bank.transfers > written + 100, 60_000);
    expect(await applied()).toBeLessThan(before + 100);
    await migration.act('resume');
    await migration.until(({ status, ledger }) => status !== 'paused' && (ledger['appliedTransactions'] ?? 0) > before + 100);
    await migration.act('cutover');
    const cut = await migration.until(({ phase, status }) => phase === 'reversible' && status !== 'pending');
    await bank.stop();
    expect(bank.refusedAtMs).toBeDefined();
    expect(cut.verification).toMatchObject({ equal: true, differenceCount: 0 });
    expect(await contentOf(targetUrl)).toEqual(await contentOf(sourceUrl));
    const [{ money }] = (await new Bank(targetUrl).with((client) => client.query('SELECT money FROM bank.total'))).rows;
    expect(Number(money)).toBe(200_000);
    await migration.act('finalize');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    await expectNothingLeft(sourceUrl, targetUrl);
  }, 300_000);

  it('goes back to the source with what was written at the target', async () => {
    const { bank, sourceUrl, targetUrl, migration } = await begin();
    await migration.until(({ phase, ledger }) => phase === 'incremental' && (ledger['appliedTransactions'] ?? 0) > 10);
    await migration.act('cutover');
    await migration.until(({ phase, status }) => phase === 'reversible' && status !== 'pending');
    await bank.stop();
    const moved = new Bank(targetUrl);
    moved.open();
    await moved.with((client) => client.query("UPDATE bank.account SET owner = 'changed at the target' WHERE id = 7"));
    await migration.act('rollback');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'cancelled');
    await moved.stop();
    expect(moved.transfers).toBeGreaterThan(0);
    expect(await contentOf(sourceUrl)).toEqual(await contentOf(targetUrl));
    // The source takes writes again, with the next number of its sequence.
    await bank.with((client) => client.query('INSERT INTO bank.transfer (payer, payee, amount) VALUES (1, 2, 0)'));
    await expectNothingLeft(sourceUrl, targetUrl);
  }, 300_000);

  it('arrives without columns that are left out and with others under new names, and goes back', async () => {
    const columns = [
      { table: 'bank.account', exclude: [], renames: [{ from: 'owner', to: 'holder' }] },
      { table: 'bank.transfer', exclude: ['note'], renames: [{ from: 'at', to: 'made at' }] },
    ];
    const { bank, sourceUrl, targetUrl, migration } = await begin({ database: { columns } });
    const text = (url: string, sql: string) =>
      new Bank(url).with(async (client) => (await client.query<{ text: string }>(sql)).rows[0]?.text);
    const content = async (url: string, owner: string, at: string) => [
      await text(url, `SELECT md5(string_agg(concat_ws('|', id, ${owner}, balance), ',' ORDER BY id)) AS text FROM bank.account`),
      await text(
        url,
        `SELECT md5(string_agg(concat_ws('|', id, payer, payee, amount, ${at}), ',' ORDER BY id)) AS text FROM bank.transfer`,
      ),
    ];
    await migration.until(({ phase, ledger }) => phase === 'incremental' && (ledger['appliedTransactions'] ?? 0) > 100);
    await migration.act('cutover');
    const cut = await migration.until(({ phase, status }) => phase === 'reversible' && status !== 'pending');
    await bank.stop();
    expect(cut.verification).toMatchObject({ equal: true, differenceCount: 0 });
    expect(await content(targetUrl, 'holder', '"made at"')).toEqual(await content(sourceUrl, 'owner', 'at'));
    const notes = `SELECT count(*)::text AS text FROM bank.transfer WHERE note <> ''`;
    const kept = await text(sourceUrl, notes);
    const moved = new Bank(targetUrl);
    moved.open();
    await waitFor('transfers at the target', async () => moved.transfers > 50, 60_000);
    await migration.act('rollback');
    await migration.until(({ phase, status }) => phase === 'done' && status === 'cancelled');
    await moved.stop();
    expect(await content(targetUrl, 'holder', '"made at"')).toEqual(await content(sourceUrl, 'owner', 'at'));
    expect(await text(sourceUrl, notes)).toBe(kept);
    await expectNothingLeft(sourceUrl, targetUrl);
  }, 300_000);

  it('is left as it was when the migration is cancelled', async () => {
    const { bank, sourceUrl, targetUrl, migration } = await begin();
    await migration.until(({ phase }) => phase === 'incremental');
    await migration.act('cancel');
    await migration.until(({ status }) => status === 'cancelled');
    await expectNothingLeft(sourceUrl, targetUrl);
    expect(bank.refusedAtMs).toBeUndefined();
    await bank.stop();
  }, 300_000);

  it('is copied as it stood at one moment, for a source without logical decoding', async () => {
    const { bank, sourceUrl, targetUrl, migration } = await begin({ database: { mode: 'snapshot', reverse: false } });
    await bank.stop();
    await migration.until(
      ({ phase, status }) => phase === 'cutover' || (phase === 'full' && status === 'waiting') || phase === 'incremental',
    );
    await migration.act('cutover').catch(() => undefined);
    await migration.until(({ phase, status }) => phase === 'reversible' && status !== 'pending');
    expect(await contentOf(targetUrl)).toEqual(await contentOf(sourceUrl));
  }, 300_000);

  /** No slot, no publication, no schema of ours at either end, once what was cancelled is cleaned up. */
  async function expectNothingLeft(sourceUrl: string, targetUrl: string): Promise<void> {
    for (const url of [sourceUrl, targetUrl]) {
      await waitFor('nothing to be left', async () => (await leftBehind(url)).length === 0, 30_000);
    }
  }
});
