import type { AuditEntry, ChainHead, SealedEntry } from '@smartant/proof';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { AuditFilter, AuditTrail, StoredStatement } from '../../../application/ports/audit-trail';
import { AuditRows } from './audit-rows';
import { sealPending } from './seal-pending';

/** Facts for the bus, written in the transaction that makes them true. */
export interface AuditEvents {
  sealed(tx: SqlExecutor, entries: SealedEntry[]): Promise<void>;
  signed(tx: SqlExecutor, statements: StoredStatement[]): Promise<void>;
}

const UTC = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const STATEMENT = `chain, seq, hash, to_char(at AT TIME ZONE 'UTC', ${UTC}) AS at, envelope`;

interface SealedRow {
  body: AuditEntry;
  previous_hash: string;
  hash: string;
}
type StatementRow = Omit<StoredStatement, 'seq'> & { seq: string };

/** The trail in PostgreSQL. `reads`: where what is only shown is read; a listing must not take a connection that a change needs. */
export class PostgresAuditTrail implements AuditTrail {
  constructor(
    private readonly database: Database,
    private readonly reads: SqlExecutor,
    private readonly events: AuditEvents,
  ) {}

  async seal(limit: number): Promise<number> {
    // Asked each second: while nothing happens it is one statement.
    if ((await this.reads.query('SELECT 1 FROM audit_pending LIMIT 1')).length === 0) return 0;
    return sealPending(this.database, (tx, sealed) => this.events.sealed(tx, sealed), limit);
  }

  async oldestPendingSeconds(): Promise<number> {
    const [row] = await this.reads.query<{ age: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - at)::float8 AS age FROM audit_pending ORDER BY at, id LIMIT 1',
    );
    return Math.max(0, row?.age ?? 0);
  }

  async page(chain: string | null, filter: AuditFilter, beforeId: string | null, limit: number): Promise<AuditEntry[]> {
    const { from = null, to = null, actor = null, action = null, target = null } = filter;
    const rows = await this.reads.query<{ body: AuditEntry }>(
      `SELECT body FROM audit_entry
       WHERE ($1::text IS NULL OR chain = $1) AND ($2::text IS NULL OR id < $2)
         AND ($3::text IS NULL OR at >= $3) AND ($4::text IS NULL OR at < $4)
         AND ($5::text IS NULL OR actor = $5) AND ($6::text IS NULL OR target = $6)
         AND ($7::text IS NULL OR action = $7 OR starts_with(action, $7 || '.'))
       ORDER BY id DESC LIMIT $8`,
      [chain, beforeId, from, to, actor, target, action, limit],
    );
    return rows.map(({ body }) => body);
  }

  async heads(chain: string | null): Promise<ChainHead[]> {
    const rows = await this.reads.query<{ chain: string; seq: string; hash: string }>(
      'SELECT chain, seq, hash FROM audit_chain WHERE $1::text IS NULL OR chain = $1 ORDER BY chain',
      [chain],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
  }

  async read(chain: string, afterSeq: number, lastSeq: number, limit: number): Promise<SealedEntry[]> {
    const rows = await this.reads.query<SealedRow>(
      'SELECT body, previous_hash, hash FROM audit_entry WHERE chain = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4',
      [chain, afterSeq, lastSeq, limit],
    );
    return rows.map(toSealed);
  }

  async checkpoints(chain: string, afterSeq: number, lastSeq: number): Promise<StoredStatement[]> {
    const rows = await this.reads.query<StatementRow>(
      `SELECT ${STATEMENT} FROM audit_checkpoint WHERE chain = $1 AND seq > $2 AND seq <= $3 ORDER BY audit_checkpoint.seq`,
      [chain, afterSeq, lastSeq],
    );
    return rows.map(toStatement);
  }

  async unsigned(olderThanMs: number): Promise<ChainHead[]> {
    const rows = await this.reads.query<{ chain: string; seq: string; hash: string }>(
      `SELECT chain, head.seq, head.hash FROM audit_chain AS head LEFT JOIN LATERAL (
         SELECT seq, hash, at FROM audit_checkpoint WHERE chain = head.chain ORDER BY seq DESC LIMIT 1
       ) AS signed ON true
       WHERE (signed.seq, signed.hash) IS DISTINCT FROM (head.seq, head.hash)
         AND (signed.at IS NULL OR signed.at <= clock_timestamp() - $1::float8 * interval '1 millisecond')
       ORDER BY chain`,
      [olderThanMs],
    );
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
  }

  async newestCheckpoint(chain: string): Promise<StoredStatement | null> {
    return this.newest('audit_checkpoint', chain);
  }

  async anchor(chain: string): Promise<StoredStatement | null> {
    return this.newest('audit_anchor', chain);
  }

  async addCheckpoints(statements: StoredStatement[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      const added: StoredStatement[] = [];
      for (const statement of statements) if (await insertStatement(tx, 'audit_checkpoint', statement)) added.push(statement);
      await this.events.signed(tx, added);
    });
  }

  async prunableUpTo(chain: string, days: number): Promise<SealedEntry | null> {
    // Times are not quite in the order of the numbers: everything before the first entry that is young enough to stay.
    const [row] = await this.reads.query<SealedRow>(
      `WITH kept AS (
         SELECT least(
           (SELECT min(seq) FROM audit_entry WHERE chain = $1
              AND at >= to_char((now() - make_interval(days => $2)) AT TIME ZONE 'UTC', ${UTC})),
           (SELECT max(seq) FROM audit_entry WHERE chain = $1)) AS seq
       )
       SELECT body, previous_hash, hash FROM audit_entry
       WHERE chain = $1 AND seq = (SELECT seq - 1 FROM kept)
         AND seq > coalesce((SELECT max(seq) FROM audit_anchor WHERE chain = $1), 0)
         -- Each anchor is an entry of its own that expires one day: one a day comes to rest, one for every few entries would not.
         AND NOT EXISTS (SELECT 1 FROM audit_anchor WHERE chain = $1 AND at::timestamptz > clock_timestamp() - interval '1 day')`,
      [chain, days],
    );
    return row ? toSealed(row) : null;
  }

  async addAnchor(statement: StoredStatement): Promise<void> {
    const { chain, seq, at } = statement;
    await this.database.transaction(async (tx) => {
      if (!(await insertStatement(tx, 'audit_anchor', statement))) return;
      await new AuditRows(tx).append(
        { userId: 'system' },
        {
          action: 'audit.prune',
          workspaceId: chain.startsWith('ws_') ? chain : null,
          target: { kind: 'audit', id: chain, name: null },
          before: null,
          after: { removedUpTo: seq, at },
          outcome: 'done',
          code: null,
        },
      );
      await this.events.signed(tx, [statement]);
    });
  }

  async removeAnchored(chain: string, limit: number): Promise<number> {
    const [row] = await this.database.query<{ removed: number }>(
      `WITH old AS (
         SELECT seq FROM audit_entry WHERE chain = $1 AND seq <= (SELECT max(seq) FROM audit_anchor WHERE chain = $1) ORDER BY seq LIMIT $2
       ), gone AS (DELETE FROM audit_entry USING old WHERE chain = $1 AND audit_entry.seq = old.seq RETURNING 1)
       SELECT count(*)::int AS removed FROM gone`,
      [chain, limit],
    );
    return row?.removed ?? 0;
  }

  async forgetKeyUses(): Promise<void> {
    await this.database.query("DELETE FROM audit_key_use WHERE day < (now() AT TIME ZONE 'UTC')::date - 1");
  }

  async now(): Promise<string> {
    const [row] = await this.reads.query<{ now: string }>(`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', ${UTC}) AS now`);
    return row!.now;
  }

  private async newest(table: 'audit_checkpoint' | 'audit_anchor', chain: string): Promise<StoredStatement | null> {
    const [row] = await this.reads.query<StatementRow>(
      `SELECT ${STATEMENT} FROM ${table} WHERE chain = $1 ORDER BY ${table}.seq DESC LIMIT 1`,
      [chain],
    );
    return row ? toStatement(row) : null;
  }
}

async function insertStatement(tx: SqlExecutor, table: 'audit_checkpoint' | 'audit_anchor', statement: StoredStatement): Promise<boolean> {
  const { chain, seq, hash, at, envelope } = statement;
  const rows = await tx.query(
    `INSERT INTO ${table} (chain, seq, hash, at, envelope) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING seq`,
    [chain, seq, hash, at, JSON.stringify(envelope)],
  );
  return rows.length > 0;
}

function toSealed({ body, previous_hash, hash }: SealedRow): SealedEntry {
  return { entry: body, previousHash: previous_hash, hash };
}

function toStatement(row: StatementRow): StoredStatement {
  return { ...row, seq: Number(row.seq) };
}
