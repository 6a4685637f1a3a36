import { LeaseModel } from '@smartant/shards/model';
import { EventRelay } from './bus/event-relay';
import { Topic } from './bus/topic';
import { checkRow, watchTarget } from './checks/proof-check';
import { Database } from './engine/database';
import { Network } from './engine/network';
import type { Process } from './engine/process';
import { Pump } from './engine/pump';
import { CALM, type Weather } from './engine/weather';
import { Violation, World } from './engine/world';
import type { MigratorParts } from './migrator/held-shard';
import { MigratorNode } from './migrator/node';
import { RunTable } from './migrator/run-table';
import { checkLedger } from './migrator/verification';
import { modelRulesOf, type Mutation } from './mutations';
import { CLOCK_MARGIN_MS, LEASE_MS, WRITE_DEADLINE_MS, type Scenario } from './scenario';
import * as domain from './scheduler/domain';
import { Effects } from './scheduler/effects';
import { MigrationTable } from './scheduler/migration-table';
import { Replica } from './scheduler/replica';
import { revalidateMigrations } from './scheduler/revalidate-migrations';
import { ObjectPair } from './store/object-store';

/** The whole platform of one scenario: processes, databases, bus, stores, and the checks that watch them. */
export class Simulation {
  readonly world: World;
  readonly weather: Weather = { ...CALM };
  readonly schedulerDatabase: Database;
  readonly migratorDatabase: Database;
  readonly table: MigrationTable;
  readonly model: LeaseModel;
  readonly runs: RunTable;
  readonly topic: Topic;
  readonly objects = new Map<string, ObjectPair>();
  readonly replicas: Replica[] = [];
  readonly nodes: MigratorNode[] = [];
  /** States that the checks have seen. */
  readonly checked = new Set<string>();
  private readonly relay: EventRelay;
  private readonly pumps: Pump[] = [];
  private readonly crashes = new Map<string, number>();
  private incarnations = 1;
  private requests = 0;
  private isCalm = false;
  private lastRun = 0;

  constructor(
    readonly scenario: Scenario,
    mutations: ReadonlySet<Mutation>,
    tracing: boolean,
  ) {
    const world = (this.world = new World(scenario.seed, tracing));
    for (const incident of scenario.incidents)
      if (incident.kind === 'at-write') this.crashes.set(`${incident.write} ${incident.when}`, incident.forMs);
    this.migratorDatabase = this.openDatabase('migrator-db');
    this.schedulerDatabase = scenario.sharedDatabase ? this.migratorDatabase : this.openDatabase('scheduler-db');
    this.table = new MigrationTable(this.schedulerDatabase);
    this.model = new LeaseModel({
      journal: this.migratorDatabase.journal,
      leaseMs: LEASE_MS,
      writeDeadlineMs: WRITE_DEADLINE_MS + CLOCK_MARGIN_MS,
      rules: modelRulesOf(mutations),
      onStaleWrite: (claim, shard) => {
        throw new Violation(
          'stale-write',
          `a write of claim ${claim.claimId} to ${claim.shardId} was accepted, held by claim ${shard.claimId}`,
        );
      },
    });
    this.runs = new RunTable(this.migratorDatabase, this.model, (run) => {
      if (run.status === 'succeeded') checkLedger({ model: this.model, objects: this.objects }, run);
      world.note('migrator', () => `${run.runId} (${run.phase}) ends: ${run.status} ${run.error?.code ?? ''}`);
      this.hint(run.migrationId, run.runId);
    });
    this.topic = new Topic(world, this.weather);
    this.compose(mutations);
    const processes = this.replicas.map((replica) => replica.process);
    this.relay = new EventRelay({
      world,
      weather: this.weather,
      database: this.schedulerDatabase,
      table: this.table,
      topic: this.topic,
      processes,
      mutations,
    });
    this.addPumps();
    for (const database of new Set([this.schedulerDatabase, this.migratorDatabase]))
      this.dealWithRestarts(database, !mutations.has('incarnation-off'));
  }

  private compose(mutations: ReadonlySet<Mutation>): void {
    const { world, weather, scenario, model, runs, objects } = this;
    const parts: MigratorParts = {
      world,
      weather,
      database: this.migratorDatabase,
      model,
      runs,
      objects,
      mutations,
      conditionalPuts: scenario.conditionalPuts,
      shardsPerRun: scenario.shardsPerRun,
      mayResolveSecrets: (migrationId, runId) => {
        const row = this.table.rows.get(migrationId);
        return row !== undefined && domain.mayResolveSecrets(row.migration, runId);
      },
      hasIdleSlots: () => this.nodes.some((node) => node.freeSlots > 0) && model.claimable(this.migratorDatabase.nowMs).length === 0,
    };
    for (let at = 1; at <= scenario.migrators; at += 1) this.nodes.push(new MigratorNode(`migrator-${at}`, scenario.slots, parts));
    const network = new Network(world, weather);
    const migrators = this.nodes.map((node) => node.process);
    const newRunId = (): string => this.newRunId();
    const effects = new Effects({ network, migrators, database: this.migratorDatabase, runs, model, newRunId });
    for (let at = 1; at <= scenario.schedulers; at += 1)
      this.replicas.push(
        new Replica(`scheduler-${at}`, { world, database: this.schedulerDatabase, table: this.table, effects, mutations }),
      );
  }

  /** Schedulers first, then migrators: how incidents number them. */
  get processes() {
    return [...this.replicas, ...this.nodes].map(({ process }) => process);
  }

  /** A store was asked for something: the moment at which an incident may strike who asked. */
  private readonly requested = (process: Process): void => {
    this.requests += 1;
    for (const incident of this.scenario.incidents) {
      if (incident.kind !== 'at-request' || incident.request !== this.requests || this.isCalm) continue;
      if (incident.how === 'kill') process.kill(incident.forMs);
      else process.stop(incident.forMs);
    }
  };

  /** Nothing goes wrong from now on. */
  calmDown(): void {
    this.isCalm = true;
    this.crashes.clear();
    Object.assign(this.weather, CALM);
    this.world.note('world', () => 'is calm from now on');
  }

  newRunId(): string {
    return `run_${(this.lastRun += 1)}`;
  }

  addObjects(migrationId: string): ObjectPair {
    const pair = new ObjectPair(this.world, this.weather, migrationId, this.scenario.keys, this.requested);
    this.objects.set(migrationId, pair);
    watchTarget(pair, migrationId, this.table);
    return pair;
  }

  /** A replica that can act now, for what users ask. */
  anyReplica(): Replica | null {
    const running = this.replicas.filter((replica) => replica.process.isRunning);
    return running.length > 0 ? this.world.random.pick(running) : null;
  }

  private openDatabase(name: string): Database {
    return new Database(name, this.world, this.weather, {
      // Once each: the same write is tried again, and is to go through.
      crashes: (write, when) => {
        const forMs = this.crashes.get(`${write} ${when}`) ?? null;
        this.crashes.delete(`${write} ${when}`);
        return forMs;
      },
      committed: (database) => {
        if (database === this.schedulerDatabase) for (const row of this.table.rows.values()) checkRow(row, this);
        for (const pump of this.pumps) pump.arm();
      },
    });
  }

  private addPumps(): void {
    const { world, scenario, migratorDatabase, schedulerDatabase } = this;
    const inTrueTime = (database: Database, atMs: number | null): number | null => (atMs === null ? null : atMs - database.clockOffsetMs);
    this.pumps.push(
      new Pump(
        world,
        () => inTrueTime(schedulerDatabase, this.table.nextDueAtMs()),
        () => {
          this.anyReplica()?.look();
          if (scenario.schedulers > 1 && world.random.chance(0.1)) this.anyReplica()?.look();
        },
      ),
      new Pump(
        world,
        () => inTrueTime(migratorDatabase, this.model.nextClaimableAtMs()),
        () => {
          const free = this.nodes.filter((node) => node.freeSlots > 0);
          if (free.length > 0) world.random.pick(free).look();
          if (free.length > 1 && world.random.chance(0.2)) world.random.pick(free).look();
        },
      ),
      new Pump(
        world,
        () => (this.relay.hasWork ? world.nowMs : null),
        () => this.relay.step(),
      ),
    );
  }

  armPumps(): void {
    for (const pump of this.pumps) pump.arm();
  }

  /** The bus brings word that a run has ended: only a hint, lost with no harm. */
  private hint(migrationId: string, runId: string): void {
    const { world, weather } = this;
    if (world.random.chance(weather.busLoss)) return;
    const lateMs = world.random.chance(weather.late) ? world.random.int(1, weather.lateMs) : world.random.int(1, 20);
    world.at(lateMs, () => {
      const replica = this.anyReplica();
      if (!replica) return;
      this.schedulerDatabase.execute(
        replica.process,
        () => this.table.makeDue(migrationId, runId),
        () => undefined,
        () => undefined,
      );
    });
  }

  /** What a database is to do about lost commits, some time after it is back and before it accepts anything. */
  private dealWithRestarts(database: Database, isNoticed: boolean): void {
    database.whenRestarted(() => this.relay.loseSessions());
    database.whenCommitsAreLost(() => {
      const incarnation = `inc_${(this.incarnations += 1)}`;
      if (database === this.schedulerDatabase) this.table.beginEra();
      database.mustRevalidate = isNoticed;
      if (!isNoticed) return;
      const deal = (): void => {
        if (!database.isUp) return this.world.at(100, deal);
        database.revalidate(() => {
          if (database === this.migratorDatabase) this.runs.revalidate();
          if (database === this.schedulerDatabase)
            revalidateMigrations(this.table, incarnation, { nowMs: database.nowMs, newRunId: () => this.newRunId() });
        });
        this.armPumps();
      };
      this.world.at(this.world.random.int(100, 2_000), deal);
    });
  }
}
