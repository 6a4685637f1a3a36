import type { DrivenMigration } from '../migration/driven-migration';
import type { CutoverSpec, Limits, MigrationKind } from '../migration/migration-spec';

/** What rules read of a specification: the rest of it may be long. */
export interface WatchedSpec {
  readonly kind: MigrationKind;
  readonly cutover: CutoverSpec;
  readonly limits: Limits;
  /** Bytes of log that a database's source may keep; 0 or null: its migrator chooses. */
  readonly maxRetainedWalBytes: number | null;
}

/** A migration that is not at rest, as rules see it. */
export interface WatchedMigration extends Omit<DrivenMigration, 'spec'> {
  readonly spec: WatchedSpec;
  /** When something of it last moved, on the database's clock; null: not known (an older version stored it last). */
  readonly movedAtMs: number | null;
  /** Units that somebody waived. */
  readonly waivedUnits: number;
}

/** The labels that every alert about a migration has. Figures and texts do not belong here. */
export function migrationLabels({ id, name, spec }: Pick<WatchedMigration, 'id' | 'name' | 'spec'>): Record<string, string> {
  return { migration_id: id, migration: name, kind: spec.kind };
}
