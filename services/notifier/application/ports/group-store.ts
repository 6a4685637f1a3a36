import type { Labels } from '../../domain/alert';
import type { KnownAlert } from '../../domain/known-alert';
import type { Message } from '../../domain/message';
import type { Matcher } from '../../domain/routing/matcher';
import type { RouteSettings } from '../../domain/routing/route-tree';
import type { ChannelStore, RoutingRecord, SilenceRecord, TemplateRecord } from './stores';

export interface GroupPlace {
  key: string;
  workspaceId: string;
  labels: Labels;
  route: RouteSettings;
}

/** When a group comes due of which something is to be told. */
export type DueOf = (group: { route: RouteSettings; lastNotifiedAt: Date | null }) => Date;

export interface RoutingBatch {
  readonly now: Date;
  readonly alerts: readonly KnownAlert[];
  routing(workspaceId: string): Promise<RoutingRecord>;
  /** Puts alerts that fire into these groups and out of others. Those that are over stay where they are, and join digests that never heard of them. */
  place(placed: readonly { alert: KnownAlert; groups: readonly GroupPlace[] }[], dueOf: DueOf): Promise<void>;
}

export interface Member {
  alert: KnownAlert;
  told: 'firing' | 'resolved' | null;
  firstToldAt: Date | null;
  escalated: number;
}

export interface NewDelivery {
  channelId: string;
  kind: 'group' | 'digest' | 'escalation';
  message: Message;
  /** More than the message lists. */
  alertIds: string[];
  traceId: string;
  spanId: string;
}

/** A group whose moment has come, locked: nobody else tells it, and all or nothing of what is done here stays. */
export interface DueGroup {
  readonly id: string;
  readonly workspaceId: string;
  readonly labels: Labels;
  readonly route: RouteSettings;
  readonly lastNotifiedAt: Date | null;
  /** The database's. */
  readonly now: Date;
  surroundings(): Promise<{
    routing: RoutingRecord;
    silences: SilenceRecord[];
    channels: Awaited<ReturnType<ChannelStore['names']>>;
    templates: TemplateRecord[];
  }>;
  firing(matchers: readonly Matcher[], size: number, after: string): Promise<KnownAlert[]>;
  /** Members of which something is to be told, in the order of their ids. */
  pending(size: number, after: string): Promise<Member[]>;
  /** Members that were told to fire, do so still, and that nobody has acknowledged. */
  open(size: number, after: string): Promise<Member[]>;
  /** Members that fire. */
  firingCount(): Promise<number>;
  /** As they were read: what has changed since is told the next time. */
  markTold(alerts: readonly Pick<KnownAlert, 'id' | 'status'>[]): Promise<void>;
  markEscalated(alertIds: readonly string[], steps: number): Promise<void>;
  deliver(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Forgets members that are over and told. `dueAt` null: not before something changes. */
  settle(outcome: { dueAt: Date | null; notified: boolean }): Promise<void>;
}

export interface GroupStore {
  /** Runs `work` on alerts that are to be routed, claimed until it ends; false when there are none. All or nothing. */
  routeNext(size: number, work: (batch: RoutingBatch) => Promise<void>): Promise<boolean>;
  /** Runs `work` on a group that is due, and that no other replica has; false when there is none. All or nothing. */
  flushNext(work: (group: DueGroup) => Promise<void>): Promise<boolean>;
  /** Milliseconds until the next group comes due; null: none does. */
  nextDueMs(): Promise<number | null>;
}
