import { describeIf, startRestartablePostgres, whyNoClientTools, type RestartablePostgres } from '@smartant/test-servers';
import { contentOf } from '../database/bank';
import { beginBankMigration, cutOver, untilMoreIsApplied, type BankMigration } from '../database/bank-migration';
import { waitFor } from '../platform/embedded-platform';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { metricOf, PENDING } from './autoscaling';
import { heldBy } from './leases';
import { goes, SHARE_WITHIN_MS } from './promises';

describeIf(whyNoClientTools(), 'replicas of the database migrator', () => {
  const platform = new ReplicatedPlatform({
    replicas: 1,
    databases: true,
    storage: false,
    cuts: false,
    environment: { SMARTANT_DATABASE_MIGRATIONS: '1' },
  });
  let source: RestartablePostgres;
  let target: RestartablePostgres;
  let banks: BankMigration[] = [];

  beforeAll(async () => {
    [source, target] = await Promise.all([startRestartablePostgres(), startRestartablePostgres()]);
    await platform.start();
  }, 180_000);
  afterAll(async () => {
    await Promise.all(banks.map(({ bank }) => bank.stop()));
    await platform.dispose();
    await Promise.all([source?.stop(), target?.stop()]);
  }, 60_000);

  it('take a migration that waits at once, and hand a stream on that goes on where it was', async () => {
    const [first] = platform.replicas['db-migrator'];
    banks = await Promise.all(['bank1', 'bank2'].map((name) => beginBankMigration(platform, { source, target, name })));
    // A stream holds its place: one migration follows its source, and the other waits however long it takes.
    const following = await Promise.any(banks.map((one) => one.migration.until(({ phase }) => phase === 'incremental').then(() => one)));
    const waiting = banks.find((one) => one !== following)!;
    await untilMoreIsApplied(following);
    await waitFor('the other one to wait', async () => (await metricOf(first!, PENDING)) === 1, 60_000);

    await platform.add('db-migrator');
    await waitFor('the second replica to take it', async () => (await heldBy(platform, 'db_migrator')).join() === '1,1', SHARE_WITHIN_MS);
    await waiting.migration.until(({ phase }) => phase === 'incremental');
    await untilMoreIsApplied(waiting);

    await goes(first!);
    // What it held waits again, handed back and not left to run out; its replacement goes on with it.
    expect((await heldBy(platform, 'db_migrator')).join()).toBe('1');
    const third = await platform.add('db-migrator');
    await Promise.all(banks.map(untilMoreIsApplied));
    expect(await metricOf(third, 'smartant_shard_claims_total')).toBeGreaterThan(0);
    expect(await metricOf(third, 'smartant_shard_takeovers_total')).toBe(0);
    for (const one of banks) {
      await cutOver(one);
      // Each row once: no change was left out, and none was applied again.
      expect(await contentOf(one.targetUrl)).toEqual(await contentOf(one.sourceUrl));
    }
    expect(platform.unexpectedEnds).toEqual([]);
  }, 300_000);
});
