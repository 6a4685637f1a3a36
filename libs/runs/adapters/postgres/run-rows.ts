import type { Run } from '../../run';
import type { StagedRunStore } from '../../stages';
import type { Tx } from '../../stores';

type Definition = Pick<Run, 'source' | 'target' | 'scope' | 'sourceFrozen' | 'trace'>;

interface RunRow extends Omit<Run, keyof Definition | 'startedAt' | 'finishedAt'> {
  definition: Definition;
  startedAt: Date;
  finishedAt: Date | null;
}

/** Where a field of a run is kept that may change. */
export interface RunColumn {
  column: string;
  /** Kept as jsonb. */
  json?: true;
  /** Kept as timestamptz; RFC 3339 in the run. */
  time?: true;
}

const COLUMNS = `run_id AS "runId", migration_id AS "migrationId", workspace_id AS "workspaceId", epoch::float8 AS epoch, phase, round, status,
  definition, limits, expected_objects::float8 AS "expectedObjects", expected_bytes::float8 AS "expectedBytes", error, findings, verification,
  started_at AS "startedAt", finished_at AS "finishedAt"`;

const CHANGEABLE: Record<string, RunColumn> = {
  status: { column: 'status' },
  limits: { column: 'limits', json: true },
  expectedObjects: { column: 'expected_objects' },
  expectedBytes: { column: 'expected_bytes' },
  error: { column: 'error', json: true },
  findings: { column: 'findings', json: true },
  verification: { column: 'verification', json: true },
  finishedAt: { column: 'finished_at', time: true },
};

/** Tables `run` and `migration_epoch` of `RUN_TABLES`. */
export class RunRows<R extends Run> implements StagedRunStore<R> {
  private readonly changeable: Record<string, RunColumn>;
  private readonly columns: string;
  private readonly times: string[];

  /**
   * `own`: columns of fields that only this kind of run has, null until they are set. `ownTables`: what else is kept by migration id; `forgetMore`:
   * what is not. `laterInScope`: what a scope has that an earlier version stored without it.
   */
  constructor(
    own: Record<string, RunColumn>,
    private readonly ownTables: readonly string[],
    private readonly forgetMore: (tx: Tx, migrationId: string) => Promise<void> = () => Promise.resolve(),
    private readonly laterInScope: Partial<R['scope']> = {},
  ) {
    this.changeable = { ...CHANGEABLE, ...own };
    this.columns = [COLUMNS, ...Object.entries(own).map(([field, { column }]) => `${column} AS "${field}"`)].join(', ');
    this.times = Object.keys(own).filter((field) => own[field]?.time);
  }

  async raiseEpoch(tx: Tx, migrationId: string, epoch: number): Promise<number> {
    await tx.query('INSERT INTO migration_epoch (migration_id, epoch) VALUES ($1, 0) ON CONFLICT DO NOTHING', [migrationId]);
    const [before] = await tx.query<{ epoch: number }>(
      'SELECT epoch::float8 AS epoch FROM migration_epoch WHERE migration_id = $1 FOR UPDATE',
      [migrationId],
    );
    await tx.query('UPDATE migration_epoch SET epoch = greatest(epoch, $2) WHERE migration_id = $1', [migrationId, epoch]);
    return before?.epoch ?? 0;
  }

  async insert(tx: Tx, run: R): Promise<void> {
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

  async find(tx: Tx, runId: string): Promise<R | null> {
    const [row] = await tx.query<RunRow>(`SELECT ${this.columns} FROM run WHERE run_id = $1`, [runId]);
    return row ? this.toRun(row) : null;
  }

  async unfinished(tx: Tx, migrationId: string): Promise<R[]> {
    const rows = await tx.query<RunRow>(
      `SELECT ${this.columns} FROM run WHERE migration_id = $1 AND status IN ('running', 'paused', 'cancelling') ORDER BY epoch`,
      [migrationId],
    );
    return rows.map((row) => this.toRun(row));
  }

  async allUnfinished(tx: Tx): Promise<R[]> {
    const rows = await tx.query<RunRow>(
      `SELECT ${this.columns} FROM run WHERE status IN ('running', 'paused', 'cancelling') ORDER BY run_id`,
    );
    return rows.map((row) => this.toRun(row));
  }

  async latest(tx: Tx, migrationId: string): Promise<R | null> {
    const [row] = await tx.query<RunRow>(`SELECT ${this.columns} FROM run WHERE migration_id = $1 ORDER BY epoch DESC LIMIT 1`, [
      migrationId,
    ]);
    return row ? this.toRun(row) : null;
  }

  async update(tx: Tx, runId: string, change: Partial<Run> | Partial<R>): Promise<void> {
    const params: unknown[] = [runId];
    const assignments = Object.entries(change).map(([name, value]) => {
      const field = this.changeable[name];
      if (!field) throw new Error(`${name} of a run never changes`);
      params.push(field.json && value !== null ? JSON.stringify(value) : value);
      return `${field.column} = $${params.length}`;
    });
    await tx.query(`UPDATE run SET ${assignments.join(', ')} WHERE run_id = $1`, params);
  }

  async forgetMigration(tx: Tx, migrationId: string): Promise<void> {
    await this.forgetMore(tx, migrationId);
    for (const table of [...this.ownTables, 'run', 'failure', 'migration_epoch']) {
      await tx.query(`DELETE FROM ${table} WHERE migration_id = $1`, [migrationId]);
    }
  }

  private toRun({ definition, startedAt, finishedAt, ...row }: RunRow): R {
    const own = Object.fromEntries(
      this.times.map((field) => [field, (row as unknown as Record<string, Date | null>)[field]?.toISOString() ?? null]),
    );
    const scope = { ...this.laterInScope, ...definition.scope };
    const run: Run = {
      ...row,
      ...own,
      ...definition,
      scope,
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
    };
    // As it was inserted: rows of a kind are written by nobody else.
    return run as R;
  }
}
