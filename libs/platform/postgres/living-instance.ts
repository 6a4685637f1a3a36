import { randomUUID } from 'node:crypto';
import { beat, forgetInstance, INSTANCE_BEAT_MS, type Instance } from './instances';
import { applyContracting, applyMigrations, type Migration } from './migrate';
import type { SqlExecutor } from './sql-executor';

/** This program as a user of a schema: while it lives, nothing that it needs is taken out of the schema. */
export class LivingInstance {
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();

  private constructor(
    private readonly executor: SqlExecutor,
    private readonly schema: string,
    private readonly instance: Instance,
    /** Steps that wait for older programs to end. */
    private waiting: Migration[],
  ) {}

  /** Migrates the schema (see `applyMigrations`) and says from now on that this program lives. */
  static async join(
    { migrate, live }: { migrate: SqlExecutor; live: SqlExecutor },
    schema: string,
    program: string,
    migrations: Migration[],
  ): Promise<LivingInstance> {
    const instance = { id: randomUUID(), program, steps: migrations.map((migration) => migration.name) };
    const waiting = await applyMigrations(migrate, schema, migrations, instance);
    const living = new LivingInstance(live, schema, instance, waiting);
    living.timer = setInterval(() => living.beat(), INSTANCE_BEAT_MS);
    living.timer.unref();
    return living;
  }

  /** Makes it known that this program no longer needs the schema. Never rejects: what can't be told now is found out by its silence. */
  async leave(): Promise<void> {
    clearInterval(this.timer);
    await this.beating;
    await forgetInstance(this.executor, this.schema, this.instance.id).catch(() => undefined);
  }

  private beat(): void {
    const { executor, schema, instance } = this;
    this.beating = this.beating.then(async () => {
      try {
        await beat(executor, schema, instance);
        if (this.waiting.length > 0) this.waiting = await applyContracting(executor, schema, this.waiting);
      } catch {
        // The database is away, which everything else that uses it reports; or a step failed, which the next start reports.
      }
    });
  }
}
