import type { Schema } from '@smartant/contracts/openapi';

type Migration = Schema<'Migration'>;

/** When a migration that waits for its calendar goes on (RFC 3339); undefined: it does not wait for it. */
export const opensAt = ({ waitingFor }: Migration): string | undefined =>
  waitingFor?.reason === 'window' ? (waitingFor.until ?? undefined) : undefined;

/** Migrations that wait for their calendar, the one that goes on first before the others. */
export function nextWindows(migrations: readonly Migration[]): Migration[] {
  const msOf = (migration: Migration) => Date.parse(opensAt(migration) ?? '');
  return migrations.filter((migration) => opensAt(migration)).sort((one, other) => msOf(one) - msOf(other));
}
