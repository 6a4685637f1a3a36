/** Which history of its database this replica works with. */
export interface DatabaseIncarnation {
  readonly id: string;
  readonly isRevalidated: boolean;
  /** It began with a restore from a backup. */
  readonly isRestored: boolean;
  /** `isRevalidated` as the database says it now: another replica may have done it. */
  askRevalidated(): Promise<boolean>;
  markRevalidated(id: string): Promise<void>;
}

/** Sees to it that after a failover or restore of the database every migration is revalidated before anything is done for it. */
export class Revalidation {
  private running: Promise<void> | undefined;

  constructor(
    private readonly options: {
      incarnation: DatabaseIncarnation;
      /** For all migrations, once for each incarnation, whoever calls it; resolves with how many. */
      revalidate: (incarnation: string, options: { isRestored: boolean }) => Promise<number>;
      done: (incarnation: string, migrations: number) => void;
    },
  ) {}

  /** While it is true nothing is claimed. */
  get isDue(): boolean {
    return !this.options.incarnation.isRevalidated;
  }

  /** Does it when it is due, in any replica. To be called now and then. */
  async look(): Promise<void> {
    if (!this.isDue) return;
    this.running ??= this.run().finally(() => (this.running = undefined));
    await this.running;
  }

  private async run(): Promise<void> {
    const { incarnation, revalidate, done } = this.options;
    const { id, isRestored } = incarnation;
    if (await incarnation.askRevalidated()) return;
    const migrations = await revalidate(id, { isRestored });
    await incarnation.markRevalidated(id);
    done(id, migrations);
  }
}
