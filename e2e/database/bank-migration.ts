import type { RestartablePostgres } from '@smartant/test-servers';
import { ApiMigration } from '../platform/migration';
import { Bank, inlineEndpoint } from './bank';

/** A bank at work that is migrated to another server. */
export interface BankMigration {
  bank: Bank;
  sourceUrl: string;
  targetUrl: string;
  migration: ApiMigration;
}

/** Begins one that streams changes until it is cut over, with one writer at work. */
export async function beginBankMigration(
  platform: Parameters<typeof ApiMigration.create>[0],
  { source, target, name }: { source: RestartablePostgres; target: RestartablePostgres; name: string },
): Promise<BankMigration> {
  const [sourceUrl, targetUrl] = await Promise.all([source.createDatabase(name), target.createDatabase(name)]);
  const bank = new Bank(sourceUrl);
  await bank.found();
  bank.open(1);
  const migration = await ApiMigration.create(platform, {
    source: inlineEndpoint(sourceUrl),
    target: inlineEndpoint(targetUrl),
    spec: { kind: 'database', database: {}, cutover: { mode: 'manual', finalize: 'manual' } },
  });
  return { bank, sourceUrl, targetUrl, migration };
}

export const appliedOf = async ({ migration }: BankMigration): Promise<number> =>
  (await migration.get()).ledger['appliedTransactions'] ?? 0;

/** Resolves when changes made from now on have arrived. */
export async function untilMoreIsApplied(moved: BankMigration): Promise<void> {
  const before = await appliedOf(moved);
  await moved.migration.until(({ ledger }) => (ledger['appliedTransactions'] ?? 0) > before);
}

/** Cuts it over, with proof; the source takes no more writes then. */
export async function cutOver({ migration, bank }: BankMigration): Promise<void> {
  await migration.act('cutover');
  const cut = await migration.until(({ phase, status }) => phase === 'reversible' && status !== 'pending');
  await bank.stop();
  expect(cut.verification).toMatchObject({ equal: true, differenceCount: 0 });
}
