import type { Tuple } from '../replication/messages';
import type { TargetTable } from './target-table';

/** One change of the source, in its order. */
export type Change =
  | { kind: 'insert'; table: TargetTable; row: Tuple }
  /** `old`: the row that was, as far as it is told; null: the key is as in `row`. */
  | { kind: 'update'; table: TargetTable; old: Tuple | null; row: Tuple }
  | { kind: 'delete'; table: TargetTable; old: Tuple }
  | { kind: 'truncate'; tables: TargetTable[]; restartsIdentities: boolean };
