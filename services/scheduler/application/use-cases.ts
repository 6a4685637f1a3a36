import type { Check, CheckKind } from '../domain/migration/check';
import type { AuditEntry, DsseEnvelope } from '@smartant/proof';
import type { Endpoint, EndpointLocation, EndpointSecret, FileRoot } from '../domain/endpoint/endpoint';
import type { TableChange } from '../domain/migration/change-tables';
import type { MigrationDraft } from '../domain/migration/draft';
import type { HostLayout } from '../domain/migration/host-scope';
import type { KubernetesList } from '../domain/migration/kubevirt-manifests';
import type { KubevirtWishes } from '../domain/migration/kubevirt-wishes';
import type { AppliedFix, Finding } from '../domain/migration/migration';
import type { Limits, MigrationKind, Rates, SpecInput } from '../domain/migration/migration-spec';
import type { MigrationView } from '../domain/migration/migration-view';
import type { Action, Phase, Status } from '../domain/migration/phase';
import type { AlertRuleUseCases } from './alerting/alert-use-cases';
import type { EndpointHealth } from './ports/alerting';
import type { AuditFilter } from './ports/audit-trail';
import type { MigrationEvent } from './ports/unit-of-work';
import type { NotificationUseCases } from './notifications/notification-use-cases';
import type { LogUseCases } from './logs/log-use-cases';
import type { ShardUseCases } from './migrations/shard-use-cases';
import type { TopologyUseCases } from './services/service-topology';
import type { TraceUseCases } from './traces/trace-use-cases';
import type { VaultUseCases } from './vault/vault-use-cases';
import type {
  InvitationUseCases,
  MemberUseCases,
  QuotaUseCases,
  ServiceAccountUseCases,
  TenantUseCases,
  UserUseCases,
} from './tenancy/tenancy-use-cases';

/** Who asks: made by the edge from a verified token. */
export interface Caller {
  userId: string;
  workspaceId: string;
  role: 'owner' | 'operator' | 'viewer' | 'admin';
  /** As the token knows it; absent where no token stands behind it. */
  username?: string;
  /** What the edge knows of the request; absent where no request stands behind it. */
  origin?: CallOrigin;
}

export interface CallOrigin {
  /** IP address of the client, as trusted proxies tell it; empty when unknown. */
  address: string;
  /** What the caller proved itself with: `password`, `key_…` (an API key), `ses_…` (a session), `service` (a certificate); null when unknown. */
  credential: string | null;
  traceId: string | null;
}

export interface Page<T> {
  items: T[];
  nextPageToken: string | null;
}

export interface PageRequest {
  /** 1 to 200; 50 when absent. */
  pageSize?: number;
  pageToken?: string;
}

/** A request id (Idempotency-Key) makes a repeated create answer with the first one's result; other content under it is `IDEMPOTENCY_KEY_REUSED`. */
export type RequestId = string | undefined;

export interface EndpointInput {
  name: string;
  location: EndpointLocation;
  secret: EndpointSecret;
}

/** What is absent stays as it is. */
export interface EndpointChange {
  location?: EndpointLocation;
  secret?: EndpointSecret;
}

/** A saved endpoint by id or name, or one given inline that is sealed for this migration only. */
export type EndpointRef = { endpoint: string } | { location: EndpointLocation; secret: EndpointSecret };

export interface MigrationInput {
  name?: string;
  source: EndpointRef;
  target: EndpointRef;
  spec: SpecInput;
}

export interface EndpointUseCases {
  create(caller: Caller, input: EndpointInput, requestId: RequestId): Promise<Endpoint>;
  list(caller: Caller, page: PageRequest): Promise<Page<Endpoint>>;
  /** By id or name. */
  get(caller: Caller, idOrName: string): Promise<Endpoint>;
  /** Its secret at any time; its location with ENDPOINT_IN_USE refused while a migration that is not at rest uses it. */
  update(caller: Caller, idOrName: string, change: EndpointChange): Promise<Endpoint>;
  /** Refused with ENDPOINT_IN_USE while a migration that is not at rest uses it. */
  remove(caller: Caller, idOrName: string): Promise<void>;
  test(caller: Caller, idOrName: string): Promise<{ reachable: boolean; abilities: string[]; findings: Finding[]; roundTripMs: number }>;
  discover(
    caller: Caller,
    idOrName: string,
    path: string,
    page: PageRequest,
  ): Promise<Page<{ path: string; kind: string; sizeBytes: number }>>;
}

export interface FileRootUseCases {
  list(caller: Caller): Promise<FileRoot[]>;
  /** Administrators only. */
  add(caller: Caller, root: FileRoot): Promise<FileRoot>;
  remove(caller: Caller, name: string): Promise<void>;
}

export interface PrecheckResult {
  findings: Finding[];
  estimate: { objects: number; bytes: number; complete: boolean };
  /** Of a host: what its source is made of, and what the target's disks are to look like. */
  inventory?: Record<string, unknown> | null;
  layout?: HostLayout | null;
}

export interface Failure {
  id: string;
  unit: string;
  code: string;
  message: string;
  attempts: number;
  traceId: string;
  firstFailedAt: string;
  lastFailedAt: string;
  state: 'open' | 'retrying' | 'resolved' | 'waived';
}

/** One command that was run at a host. */
export interface TranscriptEntry {
  id: string;
  runId: string;
  host: 'source' | 'target';
  /** As a shell would take it; never what it was given as input. */
  command: string;
  startedAt: string;
  durationMs: number;
  /** Null: it was ended, or its connection broke. */
  exitCode: number | null;
  stderr: string;
}

/** Where the image of a finished migration is to be uploaded to. */
export interface ImageUpload {
  target: EndpointRef;
  /** Of the migration that uploads; made of the host's when absent. */
  name?: string;
}

/** Codes of findings (empty: all), and whether also those that are not safe, which somebody has looked at. */
export interface WantedFixes {
  codes: string[];
  includeUnsafe: boolean;
}

/** Absent fields let everything through. */
export interface MigrationFilter {
  phase?: Phase;
  status?: Status;
  kind?: MigrationKind;
  /** A part of the name, whatever its case, or the whole id. */
  name?: string;
}

/** How many migrations of a workspace stand somewhere. */
export interface MigrationCensus {
  workspaceId: string;
  kind: MigrationKind;
  phase: Phase;
  status: Status;
  count: number;
}

export interface OverviewUseCases {
  /** Of the caller's workspace. */
  summary(caller: Caller): Promise<MigrationCensus[]>;
  /** Of all workspaces. Administrators only. */
  platformSummary(caller: Caller): Promise<MigrationCensus[]>;
  /** Endpoints that migrations in progress use, those that cannot be reached first. */
  endpoints(caller: Caller): Promise<EndpointHealth[]>;
  /** Of all workspaces. Administrators only. */
  platformEndpoints(caller: Caller): Promise<EndpointHealth[]>;
  /** What happened to a migration, newest first. */
  events(caller: Caller, id: string, page: PageRequest): Promise<Page<MigrationEvent>>;
}

export interface DraftInput {
  name: string;
  content: Record<string, unknown>;
}

/** Drafts of migrations, which everybody in the workspace sees. */
export interface DraftUseCases {
  /** Raises DRAFT_TOO_LARGE and DRAFT_HOLDS_SECRET. */
  create(caller: Caller, input: DraftInput): Promise<MigrationDraft>;
  list(caller: Caller, page: PageRequest): Promise<Page<MigrationDraft>>;
  /** Raises DRAFT_NOT_FOUND. */
  get(caller: Caller, id: string): Promise<MigrationDraft>;
  /** Raises as the others, and DRAFT_VERSION_MISMATCH where somebody else changed it meanwhile. */
  update(caller: Caller, id: string, change: Partial<DraftInput>, expectedVersion?: number): Promise<MigrationDraft>;
  remove(caller: Caller, id: string): Promise<void>;
}

export interface MigrationUseCases {
  create(caller: Caller, input: MigrationInput, requestId: RequestId): Promise<MigrationView>;
  /** `validate_only`: a precheck alone; nothing is kept. */
  validate(caller: Caller, input: MigrationInput): Promise<PrecheckResult>;
  /** Runs fixes of what a precheck of it finds; no migration is kept. Raises FIXES_UNSUPPORTED. */
  fix(caller: Caller, input: MigrationInput, wanted: WantedFixes): Promise<AppliedFix[]>;
  list(caller: Caller, page: PageRequest & MigrationFilter): Promise<Page<MigrationView>>;
  get(caller: Caller, id: string): Promise<MigrationView>;
  /** Raises MIGRATION_ACTION_NOT_ALLOWED, naming the states in which the action is allowed. */
  act(caller: Caller, id: string, action: Action, options: { sourceFrozen?: boolean; requestId?: RequestId }): Promise<MigrationView>;
  /** With `expectedVersion`: raises MIGRATION_VERSION_MISMATCH, and changes nothing, when the migration's version is another. */
  setLimits(caller: Caller, id: string, limits: Partial<Limits>, options?: { expectedVersion?: number }): Promise<MigrationView>;
  /** Of a database whose changes are streamed. Raises MIGRATION_TABLES_FIXED, MIGRATION_SPEC_INVALID, and as `setLimits`. */
  changeTables(caller: Caller, id: string, change: TableChange, options?: { expectedVersion?: number }): Promise<MigrationView>;
  /**
   * Runs fixes of what a precheck finds at both ends, and begins a precheck that failed anew. Raises FIXES_UNSUPPORTED, and
   * MIGRATION_ACTION_NOT_ALLOWED for a migration that is over.
   */
  applyFixes(caller: Caller, id: string, wanted: WantedFixes): Promise<{ applied: AppliedFix[]; migration: MigrationView }>;
  /** Cancels what runs, cleans up at source and target, and forgets the migration. */
  remove(caller: Caller, id: string): Promise<void>;
  failures(caller: Caller, id: string, page: PageRequest): Promise<Page<Failure>>;
  resolveFailures(
    caller: Caller,
    id: string,
    input: { failureIds: string[]; resolution: 'retry' | 'waive'; reason: string },
  ): Promise<number>;
  /** What was run at the hosts of a migration, oldest first; nothing for other kinds. */
  transcript(caller: Caller, id: string, page: PageRequest & { runId?: string }): Promise<Page<TranscriptEntry>>;
  /** What was asked beside the stream of a database, newest first. */
  checks(caller: Caller, id: string): Promise<Check[]>;
  /** Compares, repairs or previews beside the stream. Raises MIGRATION_CHECK_NOT_ALLOWED where none goes on. */
  check(caller: Caller, id: string, input: { kind: CheckKind; tables: string[] }, requestId: RequestId): Promise<Check>;
  /** Of a host that was migrated into an image. Raises MIGRATION_IMAGE_NOT_READY, KUBEVIRT_MANIFEST_INVALID. */
  kubevirtManifests(caller: Caller, id: string, wishes: KubevirtWishes): Promise<KubernetesList>;
  /** Creates the migration that uploads the image of a host to a bucket. Raises MIGRATION_IMAGE_NOT_READY, and as `create`. */
  uploadImage(caller: Caller, id: string, input: ImageUpload, requestId: RequestId): Promise<MigrationView>;
  /** The signed DSSE envelope (JSON); raises REPORT_NOT_READY before the cutover has been verified. */
  report(caller: Caller, id: string): Promise<DsseEnvelope>;
  /** The migration at once, then at each change and at most once a second with progress, until it is at rest or the signal aborts. */
  watch(caller: Caller, id: string, signal: AbortSignal): AsyncIterable<WatchUpdate>;
}

export interface WatchUpdate {
  migration: MigrationView;
  /** Measured over the last seconds; zero when nothing runs. */
  bytesPerSecond: number;
  objectsPerSecond: number;
}

/** A key that signs reports. Public: pinned by whoever verifies reports offline. */
export interface ReportKey {
  keyId: string;
  publicKeyPem: string;
  createdAt: string;
  /** Null: reports are signed with it now. */
  retiredAt: string | null;
}

export interface ReportKeyUseCases {
  /** The key in use and all earlier ones, newest first. */
  list(): Promise<ReportKey[]>;
}

export interface Workspace {
  id: string;
  name: string;
}

/** An event that a consumer of the platform could not handle, and why. */
export interface ParkedEvent {
  topic: string;
  /** Who could not handle it. */
  group: string;
  eventId: string;
  type: string;
  key: string;
  workspaceId: string;
  occurredAt: string;
  parkedAt: string;
  attempts: number;
  errorCode: string | null;
  reason: string;
}

export interface ParkedEventUseCases {
  /** Of every consumer, at most 100 of each, oldest first. */
  list(caller: Caller): Promise<ParkedEvent[]>;
  /** Gives a consumer its parked events of a topic once more; resolves with their number. Raises EVENT_GROUP_NOT_FOUND. */
  replay(caller: Caller, topic: string, group: string): Promise<number>;
}

export interface WorkspaceUseCases {
  /** By id or name. Raises WORKSPACE_NOT_FOUND and WORKSPACE_DISABLED. */
  resolve(idOrName: string): Promise<Workspace>;
}

/** Limits that all migrations of an endpoint or a workspace share. Fields of a change that are absent stay as they are. */
export interface LimitUseCases {
  ofEndpoint(caller: Caller, idOrName: string): Promise<Rates>;
  setOfEndpoint(caller: Caller, idOrName: string, change: Partial<Rates>): Promise<Rates>;
  ofWorkspace(caller: Caller): Promise<Rates>;
  setOfWorkspace(caller: Caller, change: Partial<Rates>): Promise<Rates>;
}

/** What was done and refused. Entries come a moment after what they tell of. */
export interface AuditUseCases {
  /** Of the caller's workspace, newest first. Owners and administrators. */
  list(caller: Caller, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
  /** Of the whole platform, newest first. Administrators only. */
  listAll(caller: Caller, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
  /** Lines of an export of the workspace's chain, in order; entries after that number. Raises AUDIT_ENTRIES_GONE. */
  export(caller: Caller, options: { afterSeq: number }): AsyncIterable<string>;
  /** The same of all chains. Administrators only. */
  exportAll(caller: Caller): AsyncIterable<string>;
}

/** All that the edges (REST, gRPC) call. */
export interface SchedulerUseCases {
  alerts: AlertRuleUseCases;
  /** The same of the platform's own rules. Administrators only. */
  platformAlerts: AlertRuleUseCases;
  audit: AuditUseCases;
  drafts: DraftUseCases;
  overview: OverviewUseCases;
  endpoints: EndpointUseCases;
  fileRoots: FileRootUseCases;
  limits: LimitUseCases;
  migrations: MigrationUseCases;
  /** Of the caller's workspace. */
  notifications: NotificationUseCases;
  /** Of the platform as a whole; administrators only. */
  platformNotifications: NotificationUseCases;
  parkedEvents: ParkedEventUseCases;
  logs: LogUseCases;
  reportKeys: ReportKeyUseCases;
  shards: ShardUseCases;
  topology: TopologyUseCases;
  traces: TraceUseCases;
  vault: VaultUseCases;
  workspaces: WorkspaceUseCases & TenantUseCases;
  members: MemberUseCases;
  users: UserUseCases;
  invitations: InvitationUseCases;
  serviceAccounts: ServiceAccountUseCases;
  quotas: QuotaUseCases;
}
