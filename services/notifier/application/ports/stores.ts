import type { AlertReport, AlertSource } from '../../domain/alert';
import type { AlertChange, KnownAlert } from '../../domain/known-alert';
import type { Language } from '../../domain/message';
import type { Matcher } from '../../domain/routing/matcher';

export interface ChannelRecord {
  id: string;
  workspaceId: string;
  name: string;
  type: string;
  settings: Record<string, unknown>;
  secrets: Buffer | null;
  secretNames: string[];
  language: Language;
  enabled: boolean;
  /** Null: its messages wait here. */
  fallbackChannelId: string | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  health: 'ok' | 'failing' | 'needs-attention' | 'unused';
  lastErrorCode: string;
  lastErrorMessage: string;
}

export type ChannelFacts = Pick<
  ChannelRecord,
  'id' | 'workspaceId' | 'name' | 'type' | 'settings' | 'secrets' | 'secretNames' | 'language' | 'enabled' | 'fallbackChannelId'
>;

export interface ChannelStore {
  find(workspaceId: string, id: string): Promise<ChannelRecord | null>;
  /** What a request made before; null: nothing. */
  madeBy(workspaceId: string, requestId: string): Promise<ChannelRecord | null>;
  list(workspaceId: string, size: number, after: string | null): Promise<ChannelRecord[]>;
  /** Null when the name is taken. */
  insert(channel: ChannelFacts, requestId: string): Promise<ChannelRecord | null>;
  /** Replaces version `version` of it, and begins anew what waits for it. `stale`: it is at another version by now. */
  replace(channel: ChannelFacts, version: number): Promise<ChannelRecord | 'name-taken' | 'stale'>;
  /** Names of channels whose fallback it is. */
  fallbackOf(workspaceId: string, id: string): Promise<string[]>;
  /** With what still waited for it, which is given up. */
  remove(workspaceId: string, id: string): Promise<void>;
  /** All of a workspace, as routing names them. */
  names(workspaceId: string): Promise<{ id: string; name: string; enabled: boolean; language: Language; type: string }[]>;
}

export interface RoutingRecord {
  /** 0: nobody has written one. */
  version: number;
  document: unknown;
  updatedAt: Date | null;
  updatedBy: string;
}

export interface RoutingStore {
  read(workspaceId: string): Promise<RoutingRecord>;
  /** Null when it is not at `ifVersion` any more. What fires is routed anew in the same transaction. */
  replace(workspaceId: string, ifVersion: number, document: unknown, actor: string): Promise<RoutingRecord | null>;
}

export interface SilenceRecord {
  id: string;
  workspaceId: string;
  matchers: Matcher[];
  startsAt: Date;
  endsAt: Date;
  comment: string;
  createdBy: string;
  createdAt: Date;
  state: 'pending' | 'active' | 'expired';
}

export interface SilenceStore {
  find(workspaceId: string, id: string): Promise<SilenceRecord | null>;
  madeBy(workspaceId: string, requestId: string): Promise<SilenceRecord | null>;
  put(silence: Omit<SilenceRecord, 'createdAt' | 'state'>, requestId: string | null): Promise<SilenceRecord>;
  /** Ends it now where it has not ended. */
  expire(workspaceId: string, id: string): Promise<SilenceRecord | null>;
  /** `state`: pending, active or expired; empty: every one. */
  list(workspaceId: string, state: string, size: number, after: string | null): Promise<SilenceRecord[]>;
  active(workspaceId: string, at: Date): Promise<SilenceRecord[]>;
}

/** Empty: every one. */
export interface AlertFilter {
  status: string;
  severity: string;
  migrationId: string;
  /** A part of the name, or of the value of a label or an annotation; case does not matter. */
  text: string;
  /** Names that meet `text` by what they are called. */
  names: readonly string[];
}

export interface AlertStore {
  /** All or none, in one transaction. Resolves with what each change was, counted by source. */
  record(reports: readonly AlertReport[]): Promise<Map<AlertChange, number>>;
  /** Ends what was not said again in its time, so many at most. Resolves with how many, by source. */
  expire(size: number): Promise<Map<AlertSource, number>>;
  find(workspaceId: string, id: string): Promise<KnownAlert | null>;
  list(workspaceId: string, filter: AlertFilter, size: number, after: string | null): Promise<KnownAlert[]>;
  /** The first acknowledgement of a firing stays. */
  acknowledge(workspaceId: string, id: string, actor: string, comment: string): Promise<KnownAlert | null>;
  /** Alerts that fire and that such labels might inhibit by: pages of those whose name, severity and labels are so. */
  firing(workspaceId: string, matchers: readonly Matcher[], size: number, after: string): Promise<KnownAlert[]>;
}

export interface TemplateRecord {
  workspaceId: string;
  /** Empty: channels of every type. */
  channelType: string;
  language: Language;
  title: string;
  body: string;
  version: number;
}

export interface TemplateStore {
  list(workspaceId: string): Promise<TemplateRecord[]>;
  /** Null when it is not at `ifVersion` any more (0: it must not be there). */
  put(template: Omit<TemplateRecord, 'version'>, ifVersion: number, actor: string): Promise<TemplateRecord | null>;
  remove(workspaceId: string, channelType: string, language: string): Promise<boolean>;
}

export interface AttemptRecord {
  at: Date;
  outcome: 'delivered' | 'retry' | 'given-up' | 'needs-attention';
  errorCode: string;
  errorMessage: string;
  providerId: string;
  providerCode: string;
  durationMs: number;
}

export type DeliveryState = 'pending' | 'delivered' | 'given-up' | 'fallen-back';

export interface DeliveryRecord {
  id: string;
  workspaceId: string;
  channelId: string;
  state: DeliveryState;
  alertIds: string[];
  title: string;
  attempts: AttemptRecord[];
  createdAt: Date;
  nextAttemptAt: Date | null;
  traceId: string;
}

export interface DeliveryFilter {
  channelId: string;
  alertId: string;
  state: string;
}

export interface DeliveryStore {
  find(workspaceId: string, id: string): Promise<DeliveryRecord | null>;
  list(workspaceId: string, filter: DeliveryFilter, size: number, after: string | null): Promise<DeliveryRecord[]>;
  /** Due at once, with all its time before it again. Null: there is none. One that is still waiting is only made due. */
  retry(workspaceId: string, id: string): Promise<DeliveryRecord | null>;
}
