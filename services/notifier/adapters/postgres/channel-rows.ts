import { isUniqueViolation, type Database, type SqlExecutor } from '@smartant/platform/postgres';
import type { ChannelFacts, ChannelRecord, ChannelStore } from '../../application/ports/stores';
import { storedRequest } from './stored-request';

export const CHANNEL_COLUMNS = `c.id, c.workspace_id AS "workspaceId", c.name, c.type, c.settings, c.secrets, c.secret_names AS "secretNames", c.language,
  c.enabled, c.fallback_channel_id AS "fallbackChannelId", c.version, c.created_at AS "createdAt", c.updated_at AS "updatedAt", c.health,
  c.last_error_code AS "lastErrorCode", c.last_error_message AS "lastErrorMessage"`;

type Row = Omit<ChannelRecord, 'version'> & { version: string };

export const channelOf = (row: Row): ChannelRecord => ({ ...row, version: Number(row.version) });

/** Channels in the table `channel`. */
export class ChannelRows implements ChannelStore {
  constructor(private readonly database: Pick<Database, 'query' | 'transaction'>) {}

  find(workspaceId: string, id: string): Promise<ChannelRecord | null> {
    return one(this.database, 'c.workspace_id = $1 AND c.id = $2', [workspaceId, id]);
  }

  madeBy(workspaceId: string, requestId: string): Promise<ChannelRecord | null> {
    return one(this.database, 'c.workspace_id = $1 AND c.request_id = $2', [workspaceId, storedRequest(workspaceId, requestId)]);
  }

  async list(workspaceId: string, size: number, after: string | null): Promise<ChannelRecord[]> {
    const rows = await this.database.query<Row>(
      `SELECT ${CHANNEL_COLUMNS} FROM channel AS c WHERE c.workspace_id = $1 AND ($2::text IS NULL OR c.id < $2) ORDER BY c.id DESC LIMIT $3`,
      [workspaceId, after, size],
    );
    return rows.map(channelOf);
  }

  async insert(channel: ChannelFacts, requestId: string): Promise<ChannelRecord | null> {
    return this.unlessTaken(async () => {
      const rows = await this.database.query<Row>(
        `INSERT INTO channel AS c (id, workspace_id, name, type, settings, secrets, secret_names, language, enabled, fallback_channel_id, version, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11)
         ON CONFLICT (request_id) DO UPDATE SET request_id = excluded.request_id RETURNING ${CHANNEL_COLUMNS}`,
        [...values(channel), storedRequest(channel.workspaceId, requestId)],
      );
      return channelOf(rows[0]!);
    });
  }

  async replace(channel: ChannelFacts, version: number): Promise<ChannelRecord | 'name-taken' | 'stale'> {
    const replaced = await this.unlessTaken(() =>
      this.database.transaction(async (tx) => {
        const [row] = await tx.query<Row>(
          `UPDATE channel AS c SET name = $3, type = $4, settings = $5, secrets = $6, secret_names = $7, language = $8, enabled = $9,
             fallback_channel_id = $10, version = c.version + 1, updated_at = clock_timestamp(), failures = 0,
             health = CASE WHEN c.health = 'needs-attention' THEN 'failing' ELSE c.health END
           WHERE c.id = $1 AND c.workspace_id = $2 AND c.version = $11 RETURNING ${CHANNEL_COLUMNS}`,
          [...values(channel), version],
        );
        if (!row) return 'stale' as const;
        // What waited for a person waits no more. What is being sent now keeps its lease.
        await tx.query(
          `UPDATE delivery SET next_attempt_at = clock_timestamp(), failures = 0 WHERE channel_id = $1 AND state = 'pending' AND lease IS NULL`,
          [channel.id],
        );
        await tx.query('UPDATE quota_bucket SET ready_at = clock_timestamp() WHERE channel_id = $1 AND tokens >= 1', [channel.id]);
        return channelOf(row);
      }),
    );
    return replaced ?? 'name-taken';
  }

  async fallbackOf(workspaceId: string, id: string): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      'SELECT name FROM channel WHERE workspace_id = $1 AND fallback_channel_id = $2 ORDER BY name LIMIT 20',
      [workspaceId, id],
    );
    return rows.map(({ name }) => name);
  }

  async remove(workspaceId: string, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const gone = await tx.query('DELETE FROM channel WHERE workspace_id = $1 AND id = $2 RETURNING id', [workspaceId, id]);
      if (gone.length === 0) return;
      await tx.query(
        `UPDATE delivery SET state = 'given-up', lease = NULL, lease_until = NULL, settled_at = clock_timestamp() WHERE channel_id = $1 AND state = 'pending'`,
        [id],
      );
    });
  }

  names(workspaceId: string): ReturnType<ChannelStore['names']> {
    return channelNames(this.database, workspaceId);
  }

  private async unlessTaken<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (isUniqueViolation(error, 'channel_name')) return null;
      throw error;
    }
  }
}

export function channelNames(executor: SqlExecutor, workspaceId: string): ReturnType<ChannelStore['names']> {
  return executor.query('SELECT id, name, enabled, language, type FROM channel WHERE workspace_id = $1 ORDER BY id', [workspaceId]);
}

async function one(executor: SqlExecutor, where: string, params: unknown[]): Promise<ChannelRecord | null> {
  const [row] = await executor.query<Row>(`SELECT ${CHANNEL_COLUMNS} FROM channel AS c WHERE ${where}`, params);
  return row ? channelOf(row) : null;
}

function values(channel: ChannelFacts): unknown[] {
  const { id, workspaceId, name, type, settings, secrets, secretNames, language, enabled, fallbackChannelId } = channel;
  return [id, workspaceId, name, type, JSON.stringify(settings), secrets, secretNames, language, enabled, fallbackChannelId];
}
