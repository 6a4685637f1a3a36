import { canonicalJson, GENESIS_HASH, PLATFORM_CHAIN, sealEntry, type AuditEntry, type ChainHead, type SealedEntry } from '@smartant/proof';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { AuditFact } from '../../../application/ports/audit';
import { plainDetail, plainKey, plainText } from './plain-detail';

interface PendingRow {
  id: string;
  workspace_id: string | null;
  at: string;
  entry: AuditFact & { actor: AuditEntry['actor'] };
}

/** Of the sealer: one at a time in all replicas. Given back with the transaction, also by a process that is killed. */
const OWN = `SELECT pg_try_advisory_xact_lock(hashtext('smartant audit sealer'), hashtext(current_schema())) AS owned`;

const PENDING = `
  SELECT id, workspace_id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, entry
  FROM audit_pending ORDER BY audit_pending.at, id LIMIT $1`;

/**
 * Moves pending entries into their chains: those that are visible, oldest first. One that commits late, with an earlier time, follows those
 * that were sealed before it; nothing is lost, since a row stays pending until it is in its chain. `publish` writes the events of what
 * was sealed in the same transaction. Resolves with the number of entries: 0 when there are none, or while another replica is at it.
 */
export function sealPending(
  database: Database,
  publish: (tx: SqlExecutor, sealed: SealedEntry[]) => Promise<void>,
  limit: number,
): Promise<number> {
  return database.transaction(async (tx) => {
    const [lock] = await tx.query<{ owned: boolean }>(OWN);
    if (!lock?.owned) return 0;
    const rows = await tx.query<PendingRow>(PENDING, [limit]);
    if (rows.length === 0) return 0;
    const sealed: SealedEntry[] = [];
    const heads = new Map<string, ChainHead>();
    for (const row of rows) {
      const chain = row.workspace_id ?? PLATFORM_CHAIN;
      const head = heads.get(chain) ?? (await lockHead(tx, chain));
      const next = sealEntry(head.hash, entryOf(row, chain, head.seq + 1));
      heads.set(chain, { chain, seq: next.entry.seq, hash: next.hash });
      sealed.push(next);
    }
    await insert(tx, sealed);
    for (const { chain, seq, hash } of heads.values()) {
      await tx.query('UPDATE audit_chain SET seq = $2, hash = $3 WHERE chain = $1', [chain, seq, hash]);
    }
    await tx.query('DELETE FROM audit_pending WHERE id = ANY($1::text[])', [rows.map(({ id }) => id)]);
    await publish(tx, sealed);
    return rows.length;
  });
}

async function lockHead(tx: SqlExecutor, chain: string): Promise<ChainHead> {
  await tx.query('INSERT INTO audit_chain (chain, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING', [chain, GENESIS_HASH]);
  const [row] = await tx.query<{ seq: string; hash: string }>('SELECT seq, hash FROM audit_chain WHERE chain = $1 FOR UPDATE', [chain]);
  return { chain, seq: Number(row?.seq ?? 0), hash: row?.hash ?? GENESIS_HASH };
}

function entryOf({ id, workspace_id, at, entry }: PendingRow, chain: string, seq: number): AuditEntry {
  const text = (value: string | null) => (value === null ? null : plainText(value));
  const { action, target, before, after, outcome, code, actor } = entry;
  return {
    v: 1,
    id,
    chain,
    seq,
    at,
    workspaceId: workspace_id,
    action: plainKey(action),
    target: { kind: plainText(target.kind), id: plainKey(target.id), name: text(target.name) },
    before: plainDetail(before),
    after: plainDetail(after),
    outcome,
    code: text(code),
    actor: {
      userId: plainKey(actor.userId),
      address: text(actor.address),
      credential: text(actor.credential),
      traceId: text(actor.traceId),
    },
  };
}

async function insert(tx: SqlExecutor, sealed: SealedEntry[]): Promise<void> {
  await tx.query(
    `INSERT INTO audit_entry (chain, seq, body, previous_hash, hash)
     SELECT chain, seq, body::json, previous_hash, hash
     FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[]) AS given (chain, seq, body, previous_hash, hash)`,
    [
      sealed.map(({ entry }) => entry.chain),
      sealed.map(({ entry }) => entry.seq),
      sealed.map(({ entry }) => canonicalJson(entry)),
      sealed.map(({ previousHash }) => previousHash),
      sealed.map(({ hash }) => hash),
    ],
  );
}
