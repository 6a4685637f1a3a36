import type { Bucket } from '../../platform/bucket';
import { waitFor } from '../../platform/embedded-platform';
import { ApiMigration, storageSpec, type MigrationView } from '../../platform/migration';
import { ApiRefusal, type ReplicatedPlatform } from '../../platform/replicated-platform';
import { checkLedgers, checkReport, checkVerification, compareContents, countedRuns, isScratch } from './checks';
import type { MovingSource } from './moving-source';
import { persistently } from './persistently';
import type { SeededRandom } from './seeded-random';

const MIB = 1024 * 1024;
const ROUNDS = 2;
/** Under a fault every two seconds, and with minutes in which a stale write could still land, a phase takes long. */
const PATIENCE_MS = 900_000;

export interface MoveOptions {
  platform: ReplicatedPlatform;
  name: string;
  source: MovingSource;
  target: Bucket;
  targetEndpoint: object;
  random: SeededRandom;
  /** While true the migration is held to a slow pace, so that faults meet it at work. */
  isSlow: () => boolean;
  /** Whether its user pauses it now and then. */
  pauses: boolean;
  /** The slow pace; a random one when absent. */
  slowBytesPerSecond?: number;
  say: (line: string) => void;
}

/**
 * One migration and its user, who changes the source until it is frozen, now and then pauses it or changes its limits, cuts
 * over, and in the end compares every byte. Rejects when anything is not as promised.
 */
export class MovedMigration {
  private migration!: ApiMigration;
  /** How many objects the source had when the full copy began: it is left alone until that has ended. */
  private initialCount = 0;
  prechecksRetried = 0;

  constructor(private readonly options: MoveOptions) {}

  async run(): Promise<void> {
    const { platform, source, targetEndpoint, name } = this.options;
    this.initialCount = source.count();
    this.migration = await ApiMigration.create(platform, {
      name,
      source: source.endpoint,
      target: targetEndpoint,
      spec: storageSpec({
        cutover: { mode: 'manual', finalize: 'manual', sourceFrozen: false },
        limits: this.limits(),
        incrementalIntervalSeconds: 1,
      }),
    });
    await this.until(({ phase }) => phase === 'full');
    await this.perhapsPause(0.5);
    await this.until(({ phase }) => phase === 'incremental');
    for (let i = 0; i < ROUNDS; i += 1) {
      await source.change();
      const { round } = await this.migration.get();
      await this.until((view) => view.round > round);
      await this.perhapsPause(0.3);
      await this.attempt('PATCH', () => this.migration.call('PATCH', 'limits', this.limits()));
    }
    await this.attempt('cutover', () => this.migration.act('cutover', { sourceFrozen: true }));
    await this.until(({ phase, status }) => phase === 'reversible' && status === 'waiting');
    await this.attempt('finalize', () => this.migration.act('finalize'));
    const done = await this.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
    await this.check(done);
  }

  private limits(): object {
    const { isSlow, slowBytesPerSecond, random } = this.options;
    return {
      bytesPerSecond: isSlow() ? (slowBytesPerSecond ?? random.between(4, 12) * MIB) : 0,
      requestsPerSecond: 0,
      concurrency: random.pick([0, 4]),
    };
  }

  /** Waits in every state but failure. A precheck tells at once of a store that is away just then: the user tries again. */
  private async until(condition: (migration: MigrationView) => boolean): Promise<MigrationView> {
    for (;;) {
      const seen = await this.migration.until((view) => condition(view) || view.error?.code === 'PRECHECK_BLOCKED', PATIENCE_MS);
      if (seen.error?.code !== 'PRECHECK_BLOCKED') return seen;
      if (seen.status === 'failed' && (await this.attempt('retry', () => this.migration.act('retry')))) this.prechecksRetried += 1;
    }
  }

  /** An action that comes too late or too early is refused with 409: that is no fault of the platform. */
  private async attempt(what: string, act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status !== 409) throw error;
      this.options.say(`${this.options.name}: ${what} was refused: ${error.message}`);
      return false;
    }
  }

  private async perhapsPause(probability: number): Promise<void> {
    if (!this.options.pauses || this.options.random.next() >= probability) return;
    if (!(await this.attempt('pause', () => this.migration.act('pause')))) return;
    await this.until(({ status }) => status === 'paused');
    await this.attempt('resume', () => this.migration.act('resume'));
  }

  private async check(done: MigrationView): Promise<void> {
    const { source, target, name } = this.options;
    const expected = await source.contents();
    const arrived = await persistently(() => target.contents());
    const scratch = compareContents(name, expected, arrived);
    if (scratch > 0) this.options.say(`${name}: a trial that was killed left ${scratch} scratch objects`);
    checkVerification(name, done, expected.size);
    const runs = await persistently(() => countedRuns(this.options.platform, done.id));
    checkLedgers(name, runs, { initial: this.initialCount, final: expected.size });
    const uploads = (await persistently(() => target.openUploads())).filter((key) => !isScratch(key));
    if (uploads.length > 0) throw new Error(`${name}: multipart uploads were left behind: ${uploads.join(', ')}`);
    await checkReport(this.options.platform, this.migration);
  }

  /** Resolves once a pace that was meant for the faults is lifted. */
  async hurry(): Promise<void> {
    await waitFor('the migration to be there', () => this.migration !== undefined, PATIENCE_MS);
    await this.attempt('limits', () => this.migration.call('PATCH', 'limits', this.limits()));
  }
}
