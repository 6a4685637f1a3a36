import type { SqlExecutor } from '../sql-executor';
import type { Acknowledged } from './receipts';

/** What the database says of itself. */
export interface Look {
  /** A standby: nothing can be written. */
  recovering: boolean;
  serverLife: string;
  systemIdentifier: string | null;
  timeline: number | null;
  /** Null: the table was emptied by a restore. */
  current: {
    id: string;
    life: number;
    server_life: string;
    system_identifier: string | null;
    timeline: number | null;
    revalidated: boolean;
    restored: boolean;
  } | null;
  /** Whether it has ever had the incarnation that this process remembers. */
  remembered: boolean;
  /** The counter of this process; null when it has no row. */
  witness: number | null;
  /** The counters of its connections. */
  receipts: Record<string, number>;
}

/** What a process remembers of the last life of the server that it has worked with. */
export interface Memory {
  id: string;
  life: number;
  serverLife: string;
}

/**
 * - `same`: everything that was acknowledged to this process is there
 * - `other`: another incarnation began, and what was lost has been dealt with; or this process has just started
 * - `lost`: the database is not the one that it was, or no longer has what it acknowledged
 */
export type Verdict = 'same' | 'other' | 'lost';

const LOOK_SQL = `
SELECT pg_is_in_recovery() AS recovering, server.life AS "serverLife", server.system_identifier AS "systemIdentifier", server.timeline,
  (SELECT row_to_json(newest) FROM incarnation AS newest ORDER BY number DESC LIMIT 1) AS current,
  EXISTS (SELECT 1 FROM incarnation WHERE id = $1) AS remembered,
  (SELECT n::float8 FROM incarnation_witness WHERE process = $2) AS witness,
  (SELECT coalesce(json_object_agg(id, n), '{}') FROM incarnation_receipt WHERE process = $2) AS receipts
FROM incarnation_server() AS server`;

export async function lookAt(executor: SqlExecutor, memory: Memory | null, process: string): Promise<Look> {
  const [look] = await executor.query<Look>(LOOK_SQL, [memory?.id ?? null, process]);
  return look!;
}

/** `acknowledged` as it was before the database was asked. */
export function judge({ current, ...look }: Look, memory: Memory | null, acknowledged: Acknowledged): Verdict {
  if (!current) return 'lost';
  if (differ(current.system_identifier, look.systemIdentifier) || differ(current.timeline, look.timeline)) return 'lost';
  if (!memory) return 'other';
  if (current.id !== memory.id) return look.remembered ? 'other' : 'lost';
  if (current.life < memory.life || (current.life === memory.life && current.server_life !== memory.serverLife)) return 'lost';
  if ((look.witness ?? -1) < acknowledged.witness) return 'lost';
  for (const [id, n] of acknowledged.receipts) if ((look.receipts[id] ?? -1) < n) return 'lost';
  return 'same';
}

/** True once it was made sure of that this life of the server has everything. */
export function isConfirmed({ current, serverLife, recovering }: Look): boolean {
  return !recovering && current?.server_life === serverLife;
}

function differ(before: string | number | null, now: string | number | null): boolean {
  return before !== null && now !== null && before !== now;
}
