import type { Endpoint, FileRoot } from '../../domain/endpoint/endpoint';
import type { DrivenMigration, MigrationChange } from '../../domain/migration/driven-migration';
import type { MigrationDraft } from '../../domain/migration/draft';
import type { MigrationKind, Rates } from '../../domain/migration/migration-spec';
import type { Phase, Status } from '../../domain/migration/phase';
import type { DsseEnvelope } from '@smartant/proof';
import type { MigrationCensus, MigrationFilter, ReportKey } from '../use-cases';
import type { Condition } from '../../domain/alerting/condition';
import type { AlertRuleStore, AlertStore, EndpointTrialStore } from './alerting';
import type { AuditStore } from './audit';
import type { GivenUpStore } from './given-up-values';
import type { RotationStore } from './rotation-store';
import type { InvitationStore, MemberStore, QuotaStore, ServiceAccountStore, UserStore, WorkspaceStore } from './tenancy';

/** Everything stored, in the scheduler's schema. All calls on one `Stores` share its transaction. */
export interface Stores {
  workspaces: WorkspaceStore;
  members: MemberStore;
  users: UserStore;
  invitations: InvitationStore;
  serviceAccounts: ServiceAccountStore;
  quotas: QuotaStore;
  endpoints: EndpointStore;
  fileRoots: FileRootStore;
  scopeLimits: ScopeLimitStore;
  migrations: MigrationStore;
  migrationEvents: MigrationEventStore;
  drafts: DraftStore;
  waivers: WaiverStore;
  reports: ReportStore;
  reportKeys: ReportKeyStore;
  probes: ProbeStore;
  requests: RequestStore;
  events: EventStore;
  audit: AuditStore;
  vaultRotations: RotationStore;
  givenUp: GivenUpStore;
  alertRules: AlertRuleStore;
  alerts: AlertStore;
  endpointTrials: EndpointTrialStore;
}

export interface UnitOfWork {
  /** Single statements, each committed by itself. */
  readonly direct: Stores;
  /**
   * For what is only shown: the same data on connections of their own, so that readers, however many, never take one that a change needs.
   * Writes are refused.
   */
  readonly reads: Stores;
  /**
   * One transaction: committed when `work` resolves, rolled back when it throws. `work` may run again after a
   * serialization failure, so it must have no effects outside the stores.
   */
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
}

export interface EndpointStore {
  /** Raises ENDPOINT_NAME_TAKEN. `sealed`: the secret as the vault sealed it. */
  insert(endpoint: Endpoint, sealed: string): Promise<void>;
  /** Saved ones by id or name; one-migration endpoints by id only. */
  find(workspaceId: string, idOrName: string): Promise<Endpoint | null>;
  /** By id, its row locked until the transaction ends. */
  lock(workspaceId: string, id: string): Promise<Endpoint | null>;
  /** Location and time, under `lock`; `sealed` null: the stored secret stays. */
  update(endpoint: Endpoint, sealed: string | null): Promise<void>;
  /** Saved ones, newest first, older than `beforeId`. */
  page(workspaceId: string, beforeId: string | null, limit: number): Promise<Endpoint[]>;
  /** From and until when the client certificate in the stored secret is good; null: it has none. */
  keepCertificateLife(endpointId: string, life: { from: Date; until: Date } | null): Promise<void>;
  sealedSecret(endpointId: string): Promise<{ workspaceId: string; sealed: string } | null>;
  /** With its secret. */
  remove(id: string): Promise<void>;
  /** One-migration endpoints of that migration, with their secrets. */
  removeOwnedBy(migrationId: string): Promise<void>;
}

/** Whose limits several migrations share. */
export interface LimitScope {
  kind: 'endpoint' | 'workspace';
  id: string;
}

export interface ScopeLimits extends LimitScope {
  limits: Rates;
  /** Grows with each change, also when the database was restored in between (it is the time, where that is later). */
  version: number;
}

export interface ScopeLimitStore {
  /** Of those that were ever set. */
  find(scopes: readonly LimitScope[]): Promise<ScopeLimits[]>;
  save(scope: LimitScope, limits: Rates): Promise<void>;
}

export interface FileRootStore {
  list(): Promise<FileRoot[]>;
  find(name: string): Promise<FileRoot | null>;
  /** Raises FILE_ROOT_NAME_TAKEN. */
  insert(root: FileRoot): Promise<void>;
  /** False: there is none of that name. */
  remove(name: string): Promise<boolean>;
  /** True while a saved endpoint names the root. */
  inUse(name: string): Promise<boolean>;
}

/** A migration that this replica may act for, until the claim runs out on the database's clock. */
export interface Claim {
  migration: DrivenMigration;
  /** Names this claim; a later one has another. */
  token: string;
  /** Grows with each store of the row, also without a new version. */
  revision: number;
  /** Consecutive effects that did not get through, those included whose replica died over them. */
  failures: number;
  /** When the first of them was tried, on the database's clock in milliseconds since the epoch; null: the last one got through. */
  failingSinceMs: number | null;
  /** Consecutive looks at a run that told nothing new. */
  quietLooks: number;
  /** How long it had been due when it was claimed, in milliseconds, on the database's clock. */
  overdueMs: number;
  /** The database's clock when it was claimed, in milliseconds since the epoch. */
  nowMs: number;
}

export interface MigrationStore {
  /** Stored as due at once. */
  insert(migration: DrivenMigration): Promise<void>;
  find(workspaceId: string, id: string): Promise<DrivenMigration | null>;
  /** The same with its row locked until the transaction ends. */
  lock(workspaceId: string, id: string): Promise<DrivenMigration | null>;
  /**
   * A change by a user, under `lock`; makes it due at once and outdates every claim's result. A claim that is held ends within a second,
   * so that a replica that hangs or died does not hold the user's wish up.
   */
  update(migration: DrivenMigration): Promise<void>;
  /** Those that are not at rest of a workspace, or of them those that use an endpoint, with their rows locked until the transaction ends. */
  lockActive(workspaceId: string, endpointId: string | null): Promise<DrivenMigration[]>;
  /** Those that the filter lets through, newest first, older than `beforeId`. */
  page(workspaceId: string, beforeId: string | null, limit: number, filter?: MigrationFilter): Promise<DrivenMigration[]>;
  /** The migration that was given this run, now or earlier, and the run's epoch. */
  findByRun(runId: string): Promise<{ migration: DrivenMigration; epoch: number } | null>;
  /** Id of a migration that is not at rest and uses the endpoint. */
  activeUserOf(endpointId: string): Promise<string | null>;

  /** Not at rest, by id, after `afterId`. */
  unfinishedPage(afterId: string | null, limit: number): Promise<{ id: string; workspaceId: string }[]>;

  /**
   * Claims due migrations that nobody has claimed: those of the workspace with the fewest claims first, then the longest due. Committed
   * when it resolves (`direct` only).
   */
  claim(token: string, claimMs: number, limit: number): Promise<Claim[]>;
  /** Lengthens a claim. `changed`: not lengthened, as the migration was changed meanwhile and the effect's result is worthless. */
  renew(claim: Claim, claimMs: number): Promise<'kept' | 'changed' | 'lost'>;
  /** Stores an effect's result and gives the claim up. False, and nothing stored: changed or taken over meanwhile. */
  settle(claim: Claim, migration: DrivenMigration, dueInMs: number | null, quietLooks?: number): Promise<boolean>;
  /** Gives the claim up after an effect that did not get through; counts the failure. */
  release(claim: Claim, dueInMs: number): Promise<void>;
  /** The same, and stores that it is stuck. False, and nothing stored: changed or taken over meanwhile. */
  releaseStuck(claim: Claim, migration: DrivenMigration, dueInMs: number): Promise<boolean>;
  /** Gives the claim up after its migration was changed under it, which made it due. */
  abandon(claim: Claim): Promise<void>;
  /** Deletes the migration. False: changed or taken over meanwhile. */
  delete(claim: Claim): Promise<boolean>;
  /** Makes a migration due at once if that run is its current one. */
  makeDue(id: string, runId: string): Promise<void>;
  /** Milliseconds until the next unclaimed migration is due (0: now); null when none is. */
  nextDueInMs(): Promise<number | null>;
  /** The same by workspace and kind: of one workspace, or of all (null). */
  censusByWorkspace(workspaceId: string | null): Promise<MigrationCensus[]>;
  /** How many migrations stand in each phase and status. */
  census(): Promise<{ phase: string; status: string; count: number }[]>;
  /** How many migrations are stuck, by the effect that does not go through. */
  stuckEffects(): Promise<{ effect: string; count: number }[]>;
}

/** Something that happened to a migration: the same fact that `smartant.migrations.v1` carries. */
export interface MigrationEvent {
  /** Grows with time; of all migrations together. */
  seq: number;
  version: number;
  change: string;
  phase: Phase;
  status: Status;
  runId: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** Of the call that created the migration. */
  traceId: string | null;
  at: string;
}

export interface MigrationEventStore {
  /** In the transaction of the change. The latest 2,000 of a migration are kept, until it is deleted. */
  append(migration: DrivenMigration, changes: readonly MigrationChange[]): Promise<void>;
  /** Newest first, before `beforeSeq`. */
  page(migrationId: string, beforeSeq: number | null, limit: number): Promise<MigrationEvent[]>;
}

export interface DraftStore {
  insert(draft: Pick<MigrationDraft, 'id' | 'workspaceId' | 'name' | 'content' | 'createdBy'>): Promise<MigrationDraft>;
  find(workspaceId: string, id: string): Promise<MigrationDraft | null>;
  /** Newest first, older than `beforeId`. */
  page(workspaceId: string, beforeId: string | null, limit: number): Promise<MigrationDraft[]>;
  /** Name, content and writer. Null, and nothing stored: its version is not `draft.version` any more. */
  update(draft: MigrationDraft): Promise<MigrationDraft | null>;
  /** False: there is none. */
  remove(workspaceId: string, id: string): Promise<boolean>;
  /** Since their last change. */
  removeOlderThan(days: number): Promise<void>;
}

export interface Waiver {
  migrationId: string;
  failureId: string;
  unit: string;
  reason: string;
  actor: string;
  at: string;
}

export interface WaiverStore {
  insert(waivers: Waiver[]): Promise<void>;
  list(migrationId: string): Promise<Waiver[]>;
}

export interface ReportStore {
  /** Replaces the migration's earlier report. */
  save(migrationId: string, envelope: DsseEnvelope): Promise<void>;
  find(migrationId: string): Promise<DsseEnvelope | null>;
}

export interface ReportKeyStore {
  /** Newest first. */
  list(): Promise<ReportKey[]>;
  current(): Promise<{ key: ReportKey; sealedPrivateKey: string } | null>;
  /** Does nothing when there is a current key already. */
  insertFirst(key: ReportKey, sealedPrivateKey: string): Promise<void>;
}

/** Lets a migrator resolve secrets for one call outside of any run. */
export interface Probe {
  id: string;
  epoch: number;
  workspaceId: string;
  /** `sealed` null: a saved endpoint, with its secret stored beside it. */
  endpoints: { id: string; sealed: string | null }[];
  kind: MigrationKind;
}

export interface ProbeStore {
  open(probe: Probe, ttlMs: number): Promise<void>;
  /** Null once closed or expired (database clock). */
  find(id: string): Promise<Probe | null>;
  close(id: string): Promise<void>;
  removeExpired(): Promise<void>;
}

export interface RequestStore {
  /** The id of what the first request of that id made; null when there was none. Raises IDEMPOTENCY_KEY_REUSED for other content. */
  recall(request: { workspaceId: string; scope: string; requestId: string; fingerprint: string }): Promise<string | null>;
  /**
   * Records a request id. Null: it is new, and the work is to be done under `resourceId`. Else the id of what the first
   * one made. Waits for a first one whose transaction is still open. Raises IDEMPOTENCY_KEY_REUSED for other content.
   */
  remember(request: {
    workspaceId: string;
    scope: string;
    requestId: string;
    fingerprint: string;
    resourceId: string;
  }): Promise<string | null>;
  removeOlderThan(days: number): Promise<void>;
}

export interface EventStore {
  /** Published after the transaction commits, at least once, in order per migration. */
  append(migration: DrivenMigration, changes: MigrationChange[]): Promise<void>;
  /** Conditions that fire or are over, as they are now; in order per fingerprint. */
  appendAlerts(conditions: readonly Condition[]): Promise<void>;
}
