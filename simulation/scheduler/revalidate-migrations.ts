import { revalidateMigration, type TransitionContext } from './domain';
import type { MigrationTable } from './migration-table';

/** What the scheduler does once for each incarnation of its database, before anything else is accepted. */
export function revalidateMigrations(table: MigrationTable, incarnation: string, context: TransitionContext): void {
  for (const { migration } of [...table.rows.values()]) {
    const { migration: next, changes } = revalidateMigration(migration, incarnation, context);
    if (next === migration) continue;
    table.update(next);
    table.append(next, changes);
  }
}
