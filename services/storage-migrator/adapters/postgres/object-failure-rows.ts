import type { KeyRange } from '@smartant/connectors';
import type { FailureState } from '@smartant/runs';
import { FailureRows } from '@smartant/runs/adapters';
import type { ObjectFailureStore, Tx } from '../../application/ports/stores';
import { FOLDER_UNREADABLE } from '../../domain/run';

/** Failures whose units are keys of objects, or folders that end in "/". */
export class ObjectFailureRows extends FailureRows implements ObjectFailureStore {
  async unresolvedIn(tx: Tx, migrationId: string, range: KeyRange): Promise<Map<string, FailureState>> {
    const rows = await tx.query<{ unit: string; state: FailureState }>(
      `SELECT unit, state FROM failure WHERE migration_id = $1 AND state <> 'resolved'
       AND ($2::text IS NULL OR unit > $2) AND ($3::text IS NULL OR unit <= $3)`,
      [migrationId, range.after ?? null, range.through ?? null],
    );
    return new Map(rows.map((row) => [row.unit, row.state]));
  }

  async unreadableIn(tx: Tx, migrationId: string, range: KeyRange): Promise<Map<string, FailureState>> {
    const rows = await tx.query<{ unit: string; state: FailureState }>(
      `SELECT unit, state FROM failure WHERE migration_id = $1 AND state <> 'resolved' AND code = $4
       AND ($2::text IS NULL OR unit > $2 OR starts_with($2, unit)) AND ($3::text IS NULL OR unit <= $3)`,
      [migrationId, range.after ?? null, range.through ?? null, FOLDER_UNREADABLE],
    );
    return new Map(rows.map((row) => [row.unit, row.state]));
  }
}
