import type { Schema } from '@smartant/contracts/openapi';

type Migration = Schema<'Migration'>;

export interface NextWindow {
  migration: Migration;
  /** RFC 3339. */
  opensAt: string;
}

/** Migrations that wait for their calendar, the one that goes on first before the others. */
export function nextWindows(migrations: readonly Migration[]): NextWindow[] {
  return migrations
    .flatMap((migration) => {
      const { waitingFor } = migration;
      return waitingFor?.reason === 'window' && waitingFor.until ? [{ migration, opensAt: waitingFor.until }] : [];
    })
    .sort((one, other) => Date.parse(one.opensAt) - Date.parse(other.opensAt));
}
