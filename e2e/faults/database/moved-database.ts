import { leftBehind, slotsOf } from '../../database/bank';
import { waitFor } from '../../platform/embedded-platform';
import { ApiMigration, type MigrationView } from '../../platform/migration';
import { ApiRefusal } from '../../platform/replicated-platform';
import { checkReport } from '../chaos/checks';
import { last } from '../chaos/fault-kinds';
import { persistently } from '../chaos/persistently';
import type { SeededRandom } from '../chaos/seeded-random';
import { BankWriters } from './bank-writers';
import { ChosenScope } from './chosen-scope';
import type { DatabaseWorld } from './database-faults';
import { checkCounters, FIRST_TABLES } from './database-counters';
import { ADDED_LATER, foundLiveTables, LiveWork } from './live-work';

/** Under one fault after the other a phase takes long. */
const PATIENCE_MS = 300_000;
/** What tells of an end that is away just then, or of somebody in the way, and is tried again by whoever asked for it. */
const WORTH_ANOTHER_TRY = new Set(['PRECHECK_BLOCKED', 'DATABASE_FREEZE_TIMEOUT', 'DATABASE_CUTOVER_TIMEOUT']);

export interface MovedDatabaseOptions {
  world: DatabaseWorld;
  name: string;
  random: SeededRandom;
  /** How it ends. */
  ending: 'finalize' | 'rollback';
  /** Harms it, and resolves when that is healed. `moment`: the phase it is in. */
  strike: (moment: string) => Promise<void>;
  say: (line: string) => void;
}

/**
 * One migration of a bank that works all the time, and its user: who cuts over, goes on at the target and in the end finalizes or goes back, and
 * compares everything. Rejects when anything is not as promised.
 */
export class MovedDatabase {
  private migration!: ApiMigration;
  private bank!: BankWriters;
  private live!: LiveWork;
  private sourceUrl = '';
  private targetUrl = '';
  private readonly scope: ChosenScope;
  private firstRows = 0;
  retried = 0;

  constructor(private readonly options: MovedDatabaseOptions) {
    this.scope = ChosenScope.by(options.random.fork());
  }

  async run(): Promise<void> {
    const { world, name, random, ending, say } = this.options;
    this.sourceUrl = await world.source.makeDatabase(name);
    this.targetUrl = await world.target.makeDatabase(name);
    this.bank = new BankWriters(this.sourceUrl, name, random.fork());
    await this.bank.found();
    await foundLiveTables(this.sourceUrl);
    await this.scope.prepare(this.sourceUrl);
    this.firstRows = await this.scope.countRows(this.sourceUrl, FIRST_TABLES);
    say(`${name}: takes ${this.scope.words}`);
    this.bank.open();
    world.urls.source.add(this.sourceUrl);
    world.urls.target.add(this.targetUrl);
    try {
      await this.copyAndStream();
      await this.cutOver();
      await (ending === 'finalize' ? this.finalize() : this.rollBack());
      await this.checkNothingLeft();
    } finally {
      world.urls.source.delete(this.sourceUrl);
      world.urls.target.delete(this.targetUrl);
      await this.bank.stop();
    }
    await this.check();
  }

  private async copyAndStream(): Promise<void> {
    const { world, name, strike, random, say } = this.options;
    this.migration = await ApiMigration.create(world.platform, {
      name,
      source: world.source.endpointOf(this.sourceUrl),
      target: world.target.endpointOf(this.targetUrl),
      spec: {
        kind: 'database',
        database: { excludeTables: [ADDED_LATER], ...this.scope.spec },
        cutover: { mode: 'manual', finalize: 'manual' },
        // Slow enough that a fault meets the copy.
        limits: { bytesPerSecond: 512 * 1024, requestsPerSecond: 0, concurrency: 0 },
      },
    });
    await this.until(({ phase }) => phase === 'full');
    // At any moment of the copy, beside which the indexes of what is copied are built.
    await last(random.between(0, 6_000));
    await strike('full');
    await this.attempt('limits', () => this.migration.call('PATCH', 'limits', { bytesPerSecond: 0 }));
    await this.until(({ phase }) => phase === 'incremental');
    await strike('incremental');
    await this.bank.untilMore(20, PATIENCE_MS);
    const { migration, scope, sourceUrl, targetUrl } = this;
    this.live = new LiveWork({ migration, scope, sourceUrl, targetUrl, random: random.fork(), strike, say, patienceMs: PATIENCE_MS });
    await this.live.run();
  }

  private async cutOver(): Promise<void> {
    const isAhead = this.options.random.next() < 0.5;
    if (isAhead) await Promise.all([this.attempt('cutover', () => this.migration.act('cutover')), this.strikeAhead()]);
    else await this.meet('cutover', () => this.migration.act('cutover'));
    const cut = await this.until(({ phase, status }) => phase === 'reversible' && status !== 'pending');
    if (!cut.verification?.equal) throw new Error(`${this.options.name}: not proved equal: ${JSON.stringify(cut.verification)}`);
    this.bank.moveTo(this.targetUrl);
    await this.scope.writeAtTarget(this.targetUrl);
    await this.bank.untilMore(20, PATIENCE_MS);
    await this.options.strike('reversible');
    await this.bank.untilMore(20, PATIENCE_MS);
  }

  /** As soon as rows are compared before the freeze; that is over in a moment, and may have been missed. */
  private async strikeAhead(): Promise<void> {
    const isComparing = async (): Promise<boolean> => (await slotsOf(this.targetUrl)).some((name) => name.includes('_ahead'));
    const moment = await waitFor('a comparison ahead of the freeze', isComparing, 20_000).then(
      () => 'verification ahead',
      () => 'cutover',
    );
    await this.options.strike(moment);
  }

  /** What was written at the target has come back to the source before the way back is given up. */
  private async finalize(): Promise<void> {
    await this.bank.stop();
    await waitFor('the stream back to be at its end', () => this.isEqual(), PATIENCE_MS);
    await this.bank.check(this.sourceUrl);
    this.bank.open();
    await this.meet('finalize', () => this.migration.act('finalize'));
    await this.until(({ phase, status }) => phase === 'done' && status === 'succeeded');
  }

  private async rollBack(): Promise<void> {
    await this.meet('rollback', () => this.migration.act('rollback'));
    await this.until(({ phase, status }) => phase === 'done' && status === 'cancelled');
    // The target must not take writes any more, since nothing brings them back.
    await waitFor('writers at the target to be refused', () => this.bank.isRefused, PATIENCE_MS);
    await this.bank.stop();
    if (!(await persistently(() => this.isEqual()))) throw new Error(`${this.options.name}: the ends differ after the rollback`);
    this.bank.moveTo(this.sourceUrl);
    this.bank.open();
    await this.bank.untilMore(20, PATIENCE_MS);
  }

  private isEqual(): Promise<boolean> {
    return this.scope.isEqual(this.sourceUrl, this.targetUrl);
  }

  private async check(): Promise<void> {
    const { world, ending } = this.options;
    await this.bank.check(ending === 'finalize' ? this.targetUrl : this.sourceUrl);
    await this.scope.checkUntouched(this.sourceUrl);
    const counted = { firstRows: this.firstRows, transfers: this.bank.attempted, others: this.live.attempted };
    await checkCounters(world.platform, this.migration.id, counted);
    await checkReport(world.platform, this.migration);
  }

  private async checkNothingLeft(): Promise<void> {
    for (const url of [this.sourceUrl, this.targetUrl]) {
      let left: string[] = [];
      await waitFor(
        'nothing to be left',
        async () => (left = await leftBehind(url)).length === 0,
        60_000,
        () => left.join(', '),
      );
    }
  }

  /** Asks for something, and is struck in the middle of it. */
  private async meet(moment: string, act: () => Promise<unknown>): Promise<void> {
    const { random, strike } = this.options;
    const soonMs = random.between(0, 2_500);
    const struck = last(soonMs).then(() => strike(moment));
    await Promise.all([this.attempt(moment, act), struck]);
  }

  /** Waits in every state but a failure that trying again does not cure. */
  private async until(condition: (migration: MigrationView) => boolean): Promise<MigrationView> {
    const isPassing = ({ error }: MigrationView): boolean => error !== null && WORTH_ANOTHER_TRY.has(error.code);
    for (const endMs = Date.now() + PATIENCE_MS; ;) {
      const seen = await this.migration.until((view) => condition(view) || (view.status === 'failed' && isPassing(view)), PATIENCE_MS);
      if (condition(seen)) return seen;
      if (Date.now() > endMs) throw new Error(`${this.options.name}: ${seen.phase} fails again and again: ${JSON.stringify(seen)}`);
      this.options.say(`${this.options.name}: ${seen.phase} failed: ${JSON.stringify(seen.error)} ${JSON.stringify(seen.findings)}`);
      if (await this.attempt('retry', () => this.migration.act('retry'))) this.retried += 1;
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
}
