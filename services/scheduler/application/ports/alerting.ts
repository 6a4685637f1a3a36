import type { Condition, ConditionState } from '../../domain/alerting/condition';
import type { Subject } from '../../domain/alerting/alert-rule';
import type { RuleChange } from '../../domain/alerting/rule-settings';
import type { WatchedCredential, WatchedEndpoint, WatchedPlatform } from '../../domain/alerting/surroundings-rules';
import type { WatchedMigration } from '../../domain/alerting/watched-migration';
import type { MigrationError } from '../../domain/migration/migration';

/** What a workspace (empty: the platform) changed of a rule. */
export interface StoredRule {
  workspaceId: string;
  name: string;
  change: RuleChange;
  /** Grows with each change, and with each return to the usual; 0: it was never changed. */
  version: number;
  updatedAt: string | null;
  updatedBy: string | null;
}

/** Migrations by id: after the one (null: from the first) up to the other (null: to the last). */
export interface IdRange {
  afterId: string | null;
  upToId: string | null;
}

export interface ConditionFilter {
  state?: ConditionState;
  rule?: string;
  migrationId?: string;
}

/** Rules as they are set. */
export interface AlertRuleStore {
  /** Of one workspace, or of all the given ones; rules that were never changed are not among them. */
  changed(workspaceIds: readonly string[]): Promise<StoredRule[]>;
  /** One rule, held until the transaction ends; what was never changed has version 0. */
  lock(workspaceId: string, name: string): Promise<StoredRule>;
  /** Under `lock`. Resolves with it as it is now. */
  save(workspaceId: string, name: string, change: RuleChange, userId: string): Promise<StoredRule>;
}

/** Conditions, and the facts that rules are held against. All times are the database's. */
export interface AlertStore {
  /** True for one caller in all replicas each `everyMs`: it is this one's turn. `direct` only. */
  claimLook(everyMs: number): Promise<boolean>;
  /** Waits until nobody else changes conditions, and keeps others waiting until the transaction ends. Resolves with the time. */
  lockConditions(): Promise<number>;
  /** Migrations that are not at rest, by id. */
  watchedMigrations(afterId: string | null, limit: number): Promise<WatchedMigration[]>;
  /** Null: it is at rest, or there is none. */
  watchedMigration(id: string): Promise<WatchedMigration | null>;
  /** Endpoints of migrations in progress whose last attempt failed, the longest failing first. */
  watchedEndpoints(limit: number): Promise<WatchedEndpoint[]>;
  /** What expires in so many days, or did in the last one, the next first. */
  watchedCredentials(days: number, limit: number): Promise<WatchedCredential[]>;
  watchedPlatform(): Promise<Omit<WatchedPlatform, 'parkedEvents'>>;
  conditionsOfMigrations(range: IdRange): Promise<Condition[]>;
  conditionsOfMigration(migrationId: string): Promise<Condition[]>;
  conditionsOf(subject: Subject): Promise<Condition[]>;
  save(conditions: readonly Condition[]): Promise<void>;
  forget(fingerprints: readonly string[]): Promise<void>;
  /** Newest first, older than `beforeId`. */
  page(workspaceId: string, filter: ConditionFilter, beforeId: string | null, limit: number): Promise<Condition[]>;
  census(): Promise<{ rule: string; state: ConditionState; count: number }[]>;
}

/** An endpoint that is to be tried. */
export interface DueEndpoint {
  endpointId: string;
  workspaceId: string;
  /** Names this claim: who comes later has another. */
  token: string;
}

/** How an endpoint fared when it was tried last. */
export interface EndpointHealth {
  endpointId: string;
  workspaceId: string;
  name: string;
  /** Of its location: `s3`, `postgres`, … */
  kind: string;
  /** Null: it can be reached. RFC 3339. */
  failingSince: string | null;
  /** In a row. */
  failures: number;
  error: MigrationError | null;
}

/** When endpoints in use were tried last, and what came of it. */
export interface EndpointTrialStore {
  /** Takes up to `limit` endpoints of migrations in progress that were not tried for long enough; nobody else takes them for `claimMs`. `direct` only. */
  claim(limit: number, claimMs: number): Promise<DueEndpoint[]>;
  /** `error` null: it could be reached. The next attempt is in `nextMs`. Nothing happens when the claim was lost. */
  settle(due: DueEndpoint, error: MigrationError | null, nextMs: number): Promise<void>;
  /** It could not be tried at all: nothing is said of it. */
  postpone(due: DueEndpoint, nextMs: number): Promise<void>;
  /** Endpoints of migrations in progress, of a workspace or (null) of all: those that fail first, the longest failing of them first. */
  list(workspaceId: string | null, limit: number): Promise<EndpointHealth[]>;
  /** Forgets endpoints that no migration in progress uses any more. */
  forgetUnused(): Promise<void>;
}
