import type { AlertRule } from '../../domain/alerting/alert-rule';
import type { Condition, Pace, Seen } from '../../domain/alerting/condition';
import { look, type ChangeOf, type Owner } from '../../domain/alerting/look';
import { migrationRules } from '../../domain/alerting/migration-rules';
import { proofRules } from '../../domain/alerting/proof-rules';
import { credentialsNearExpiry, endpointUnreachable, platformRules } from '../../domain/alerting/surroundings-rules';
import type { WatchedMigration } from '../../domain/alerting/watched-migration';
import type { AlertObserver } from '../ports/alert-observer';
import type { Stores, UnitOfWork } from '../ports/unit-of-work';
import { settleConditions } from './settle-conditions';

export interface AlertEvaluatorOptions {
  unitOfWork: UnitOfWork;
  observer: AlertObserver;
  /** Parked events of all consumers, as far as they are counted. */
  parkedEvents: () => Promise<number>;
  /** Between two looks at everything, whichever replica makes them. */
  tickMs: number;
  pace?: Pace;
  /** Migrations of one transaction. */
  pageSize?: number;
}

const PAGE_SIZE = 200;
/** Of endpoints and credentials: what a look carries at once. */
const MOST_FACTS = 2_000;
const MOST_WAITING = 10_000;
const MIGRATION_RULES = [...migrationRules, ...proofRules];
const PLATFORM = '';

/** The trace of the request that made a migration goes on in what is told of it. */
const ownerOf = ({ workspaceId, id, traceContext }: WatchedMigration): Owner => ({ workspaceId, migrationId: id, traceContext });

/**
 * Holds everything against the rules, again and again, and keeps what they see. Any replica may: a look is one replica's turn by the database's
 * clock, and each part of it is one transaction that no other one overtakes. Nothing is kept in memory, so that whoever comes next goes on.
 */
export class AlertEvaluator {
  private readonly waiting = new Set<string>();
  private working: Promise<void> | null = null;
  private isStopped = false;

  constructor(private readonly options: AlertEvaluatorOptions) {}

  /** Looks at everything if it is this replica's turn. */
  async tick(): Promise<void> {
    const { unitOfWork, tickMs, observer } = this.options;
    if (this.isStopped || !(await unitOfWork.direct.alerts.claimLook(tickMs))) return;
    await observer.look(() => this.lookAtAll());
  }

  /** Looks at one migration soon: something happened to it that people should know of, or that ends what they know. A call that is lost is made good by the next tick. */
  lookSoonAt(migrationId: string): void {
    if (this.isStopped || this.waiting.size >= MOST_WAITING) return;
    this.waiting.add(migrationId);
    this.working ??= this.work().finally(() => (this.working = null));
  }

  /** Begins nothing more, and waits for the end of what it is at. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.waiting.clear();
    await this.working;
  }

  async lookAtAll(): Promise<void> {
    await this.lookAtMigrations();
    await this.lookAtEndpoints();
    await this.lookAtCredentials();
    await this.lookAtPlatform();
  }

  private async work(): Promise<void> {
    for (const id of this.waiting) {
      this.waiting.delete(id);
      await this.lookAtMigration(id).catch((error: unknown) => this.options.observer.lookFailed(error));
    }
  }

  private async lookAtMigrations(): Promise<void> {
    const { pageSize = PAGE_SIZE } = this.options;
    let afterId: string | null = null;
    do {
      const from: string | null = afterId;
      afterId = await this.settling(async (stores, nowMs) => {
        const migrations = await stores.alerts.watchedMigrations(from, pageSize);
        const last = migrations.length === pageSize ? (migrations.at(-1)?.id ?? null) : null;
        const known = await stores.alerts.conditionsOfMigrations({ afterId: from, upToId: last });
        return { known, ...(await this.seenOf(stores, migrations, nowMs)), next: last };
      });
    } while (afterId !== null && !this.isStopped);
  }

  private async lookAtMigration(id: string): Promise<void> {
    await this.settling(async (stores, nowMs) => {
      const migration = await stores.alerts.watchedMigration(id);
      const known = await stores.alerts.conditionsOfMigration(id);
      return { known, ...(await this.seenOf(stores, migration ? [migration] : [], nowMs)), next: null };
    });
  }

  private async seenOf(stores: Stores, migrations: readonly WatchedMigration[], nowMs: number): Promise<Found> {
    return this.lookAt(stores, MIGRATION_RULES, migrations, (migration) => migration.id, ownerOf, nowMs);
  }

  private async lookAtEndpoints(): Promise<void> {
    await this.settling(async (stores, nowMs) => {
      const endpoints = await stores.alerts.watchedEndpoints(MOST_FACTS);
      this.noteCut('endpoint', endpoints.length);
      const known = await stores.alerts.conditionsOf('endpoint');
      const owner = ({ workspaceId, migrationId }: (typeof endpoints)[number]) => ({
        workspaceId,
        migrationId: migrationId ?? '',
        traceContext: {},
      });
      return {
        known,
        ...(await this.lookAt(stores, [endpointUnreachable], endpoints, (each) => each.endpointId, owner, nowMs)),
        next: null,
      };
    });
  }

  private async lookAtCredentials(): Promise<void> {
    await this.settling(async (stores, nowMs) => {
      const { maximum } = credentialsNearExpiry.thresholds['days']!;
      const credentials = await stores.alerts.watchedCredentials(maximum, MOST_FACTS);
      this.noteCut('credential', credentials.length);
      const known = await stores.alerts.conditionsOf('credential');
      const owner = ({ workspaceId }: (typeof credentials)[number]) => ({ workspaceId, migrationId: '', traceContext: {} });
      return { known, ...(await this.lookAt(stores, [credentialsNearExpiry], credentials, (each) => each.id, owner, nowMs)), next: null };
    });
  }

  private async lookAtPlatform(): Promise<void> {
    const parkedEvents = await this.options.parkedEvents();
    await this.settling(async (stores, nowMs) => {
      const facts = { ...(await stores.alerts.watchedPlatform()), parkedEvents };
      const known = await stores.alerts.conditionsOf('platform');
      const owner = () => ({ workspaceId: PLATFORM, migrationId: '', traceContext: {} });
      return { known, ...(await this.lookAt(stores, platformRules, [facts], () => PLATFORM, owner, nowMs)), next: null };
    });
  }

  /** Holds facts against rules, as their workspaces have set them. A fact that a rule cannot read must not keep the others from being seen. */
  private async lookAt<F>(
    stores: Stores,
    rules: readonly AlertRule<F>[],
    facts: readonly F[],
    idOf: (fact: F) => string,
    ownerOfFact: (fact: F) => Owner,
    nowMs: number,
  ): Promise<Found> {
    const changeOf = await changesIn(stores, [...new Set(facts.map((fact) => ownerOfFact(fact).workspaceId))]);
    const seen: Seen[] = [];
    const unread = new Set<string>();
    for (const fact of facts) {
      try {
        seen.push(...look(rules, fact, ownerOfFact(fact), changeOf, nowMs));
      } catch (error) {
        unread.add(idOf(fact));
        this.options.observer.factFailed(rules[0]?.subject ?? '', idOf(fact), error);
      }
    }
    return { seen, unread };
  }

  /** One part of a look, in one transaction. Resolves with where the next one begins. */
  private async settling(part: (stores: Stores, nowMs: number) => Promise<Part>): Promise<string | null> {
    const { unitOfWork, observer, pace } = this.options;
    const { told, next } = await unitOfWork.transaction(async (stores) => {
      const nowMs = await stores.alerts.lockConditions();
      const found = await part(stores, nowMs);
      const known = found.known.filter((condition) => !found.unread.has(subjectIdOf(condition)));
      return { told: await settleConditions(stores, known, found.seen, nowMs, pace), next: found.next };
    });
    observer.told(told);
    return next;
  }

  private noteCut(subject: string, count: number): void {
    if (count === MOST_FACTS) this.options.observer.factsCut(subject, MOST_FACTS);
  }
}

interface Found {
  seen: Seen[];
  /** Ids of facts that could not be read: what is known of them stays. */
  unread: Set<string>;
}

interface Part extends Found {
  known: Condition[];
  next: string | null;
}

function subjectIdOf({ subject, migrationId, labels }: Condition): string {
  if (subject === 'migration') return migrationId;
  return labels['endpoint_id'] ?? labels['credential_id'] ?? PLATFORM;
}

async function changesIn(stores: Stores, workspaceIds: readonly string[]): Promise<ChangeOf> {
  const stored = workspaceIds.length === 0 ? [] : await stores.alertRules.changed(workspaceIds);
  const byName = new Map(stored.map(({ workspaceId, name, change }) => [`${workspaceId} ${name}`, change]));
  return (workspaceId, rule) => byName.get(`${workspaceId} ${rule}`);
}
