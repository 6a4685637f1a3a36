import type { RunStore, Tx } from '../../application/ports/stores';
import type { Run } from '../../domain/run';

type Definition = Pick<Run, 'source' | 'target' | 'scope' | 'sourceFrozen' | 'trace'>;

interface RunRow extends Omit<Run, keyof Definition | 'startedAt' | 'finishedAt'> {
  definition: Definition;
  startedAt: Date;
  finishedAt: Date | null;
}

const COLUMNS = `run_id AS "runId", migration_id AS "migrationId", workspace_id AS "workspaceId", epoch::float8 AS epoch, phase, round, status,
  definition, limits, plan, expected_objects::float8 AS "expectedObjects", expected_bytes::float8 AS "expectedBytes", error, findings, verification,
  started_at AS "startedAt", finished_at AS "finishedAt"`;

const CHANGEABLE: Partial<Record<keyof Run, { column: string; json?: true }>> = {
  status: { column: 'status' },
  limits: { column: 'limits', json: true },
  plan: { column: 'plan', json: true },
  expectedObjects: { column: 'expected_objects' },
  expectedBytes: { column: 'expected_bytes' },
  error: { column: 'error', json: true },
  findings: { column: 'findings', json: true },
  verification: { column: 'verification', json: true },
  finishedAt: { column: 'finished_at' },
};

export class RunRows implements RunStore {
  async raiseEpoch(tx: Tx, migrationId: string, epoch: number): Promise<number> {
    await tx.query('INSERT INTO migration_epoch (migration_id, epoch) VALUES ($1, 0) ON CONFLICT DO NOTHING', [migrationId]);
    const [before] = await tx.query<{ epoch: number }>(
      'SELECT epoch::float8 AS epoch FROM migration_epoch WHERE migration_id = $1 FOR UPDATE',
      [migrationId],
    );
    await tx.query('UPDATE migration_epoch SET epoch = greatest(epoch, $2) WHERE migration_id = $1', [migrationId, epoch]);
    return before?.epoch ?? 0;
  }

  async insert(tx: Tx, run: Run): Promise<void> {
    const { source, target, scope, sourceFrozen, trace } = run;
    const definition: Definition = { source, target, scope, sourceFrozen, trace };
    await tx.query(
      `INSERT INTO run (run_id, migration_id, workspace_id, epoch, phase, round, status, definition, limits, started_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        run.runId,
        run.migrationId,
        run.workspaceId,
        run.epoch,
        run.phase,
        run.round,
        run.status,
        JSON.stringify(definition),
        JSON.stringify(run.limits),
        run.startedAt,
      ],
    );
  }

  async find(tx: Tx, runId: string): Promise<Run | null> {
    const [row] = await tx.query<RunRow>(`SELECT ${COLUMNS} FROM run WHERE run_id = $1`, [runId]);
    return row ? toRun(row) : null;
  }

  async unfinished(tx: Tx, migrationId: string): Promise<Run[]> {
    const rows = await tx.query<RunRow>(
      `SELECT ${COLUMNS} FROM run WHERE migration_id = $1 AND status IN ('running', 'paused', 'cancelling') ORDER BY epoch`,
      [migrationId],
    );
    return rows.map(toRun);
  }

  async allUnfinished(tx: Tx): Promise<Run[]> {
    const rows = await tx.query<RunRow>(`SELECT ${COLUMNS} FROM run WHERE status IN ('running', 'paused', 'cancelling') ORDER BY run_id`);
    return rows.map(toRun);
  }

  async latest(tx: Tx, migrationId: string): Promise<Run | null> {
    const [row] = await tx.query<RunRow>(`SELECT ${COLUMNS} FROM run WHERE migration_id = $1 ORDER BY epoch DESC LIMIT 1`, [migrationId]);
    return row ? toRun(row) : null;
  }

  async update(tx: Tx, runId: string, change: Partial<Run>): Promise<void> {
    const params: unknown[] = [runId];
    const assignments = Object.entries(change).map(([name, value]) => {
      const field = CHANGEABLE[name as keyof Run];
      if (!field) throw new Error(`${name} of a run never changes`);
      params.push(field.json && value !== null ? JSON.stringify(value) : value);
      return `${field.column} = $${params.length}`;
    });
    await tx.query(`UPDATE run SET ${assignments.join(', ')} WHERE run_id = $1`, params);
  }

  async forgetMigration(tx: Tx, migrationId: string): Promise<void> {
    await tx.query('DELETE FROM shard_digest WHERE run_id IN (SELECT run_id FROM run WHERE migration_id = $1)', [migrationId]);
    for (const table of ['run', 'failure', 'upload', 'upload_intent', 'difference', 'migration_epoch']) {
      await tx.query(`DELETE FROM ${table} WHERE migration_id = $1`, [migrationId]);
    }
  }
}

function toRun({ definition, startedAt, finishedAt, ...row }: RunRow): Run {
  return { ...row, ...definition, startedAt: startedAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null };
}
