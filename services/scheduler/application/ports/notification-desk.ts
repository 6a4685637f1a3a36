import type { Page } from '../use-cases';

/** Whose: the id of a workspace, or PLATFORM for what only administrators of the platform see and change. */
export type NotificationOwner = string;
export const PLATFORM: NotificationOwner = '';

export type Language = 'en' | 'zh';
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** A kind of channel, with the JSON Schemas (draft 2020-12) of what it takes. */
export interface ChannelType {
  type: string;
  settingsSchema: Record<string, unknown>;
  /** Of what is sealed and never read again. */
  secretsSchema: Record<string, unknown>;
  /** The provider's limit for one channel; 0: none is known. */
  messagesPerMinute: number;
  /** The longest message, bytes of UTF-8. */
  messageBytes: number;
}

export interface Channel {
  id: string;
  name: string;
  type: string;
  settings: Record<string, unknown>;
  /** Which secrets it has; never their values. */
  secretNames: string[];
  language: string;
  enabled: boolean;
  /** Where its messages go while it cannot deliver; null: they wait. */
  fallbackChannelId: string | null;
  version: number;
  createdAt: string;
  updatedAt: string;
  /** `ok`, `failing` (retried), `needs-attention` (the provider refuses its settings), `unused`. */
  health: string;
  lastError: { code: string; message: string } | null;
}

export interface ChannelInput {
  name: string;
  type: string;
  settings: Record<string, unknown>;
  /** Those named are replaced, the others are kept; an empty value removes one. */
  secrets: Record<string, string>;
  language: Language;
  enabled: boolean;
  fallbackChannelId: string | null;
}

/** How alerts find their channels: one document. */
export interface Routing {
  version: number;
  document: Record<string, unknown>;
  /** Null where nobody has changed it yet. */
  updatedAt: string | null;
  updatedBy: string | null;
}

/** A route that an alert would take. */
export interface RouteMatch {
  /** From the root of the tree, as names of routes. */
  path: string[];
  group: Record<string, string>;
  channelIds: string[];
  /** `silenced`, `inhibited` or `quiet-hours`; null: it would be sent. */
  heldBy: string | null;
  /** The silence, inhibition or calendar that holds it. */
  holder: string | null;
}

export interface Matcher {
  label: string;
  operator: MatchOperator;
  value: string;
}

export interface Silence {
  id: string;
  matchers: { label: string; operator: string; value: string }[];
  startsAt: string;
  endsAt: string;
  comment: string;
  createdBy: string;
  createdAt: string;
  /** `pending`, `active`, `expired`. */
  state: string;
}

export interface SilenceInput {
  matchers: Matcher[];
  /** RFC 3339. */
  startsAt: string;
  endsAt: string;
  comment: string;
}

export interface Alert {
  id: string;
  fingerprint: string;
  /** `firing`, `resolved`. */
  status: string;
  /** `critical`, `warning`, `info`. */
  severity: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** `scheduler`, `kubernetes`, `alertmanager`, `kubesphere`. */
  source: string;
  startsAt: string;
  /** Null while it fires. */
  endsAt: string | null;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
  /** Silences that hold it now. */
  silenceIds: string[];
  migrationId: string | null;
  traceId: string | null;
  /** What it is about and what to do first; null where its name is not known. */
  texts: Record<Language, { title: string; advice: string }> | null;
}

export interface AlertFilter {
  status?: string | undefined;
  severity?: string | undefined;
  migrationId?: string | undefined;
  /** A part of its name or title, or of a value of its labels or annotations. */
  text?: string | undefined;
}

export interface DeliveryAttempt {
  at: string;
  /** `delivered`, `retry`, `given-up`, `needs-attention`. */
  outcome: string;
  errorCode: string | null;
  errorMessage: string | null;
  /** The provider's own id of the message, and its own code where it refused. */
  providerId: string | null;
  providerCode: string | null;
  durationMs: number;
}

export interface Delivery {
  id: string;
  channelId: string;
  /** `pending`, `delivered`, `given-up`, `fallen-back`. */
  state: string;
  alertIds: string[];
  /** The head of what was sent. */
  title: string;
  attempts: DeliveryAttempt[];
  createdAt: string;
  nextAttemptAt: string | null;
  traceId: string | null;
}

export interface DeliveryFilter {
  channelId?: string | undefined;
  alertId?: string | undefined;
  state?: string | undefined;
}

/** Which template: of one type of channel (null: all that have none of their own), in one language. */
export interface TemplateKey {
  channelType: string | null;
  language: Language;
}

export interface TemplateText {
  title: string;
  body: string;
}

export interface Template extends TemplateText {
  channelType: string | null;
  language: string;
  builtIn: boolean;
  version: number;
}

export interface TemplatePreview extends TemplateText {
  /** What is wrong with the template; null where it is in order. */
  problem: string | null;
}

/** As the desk takes it: its tokens are its own. */
export interface DeskPage {
  pageSize: number;
  /** Empty: the first one. */
  pageToken: string;
}

/**
 * The service that keeps alerts and tells people of them. Lists are newest first. What belongs to another owner is not found. Its own errors come
 * as they are (NOTIFY_…, ROUTING_INVALID, with every wrong field); raises NOTIFIER_NOT_CONFIGURED where there is none, RPC_UNAVAILABLE and
 * RPC_DEADLINE_EXCEEDED where it does not answer. `actor` is who asks, for its record. A repeated put of one `requestId` makes one thing.
 */
export interface NotificationDesk {
  listChannelTypes(): Promise<ChannelType[]>;
  createChannel(owner: NotificationOwner, input: ChannelInput, actor: string, requestId?: string): Promise<Channel>;
  /** Raises NOTIFY_VERSION_STALE when it is at another version. */
  replaceChannel(owner: NotificationOwner, id: string, version: number, input: ChannelInput, actor: string): Promise<Channel>;
  getChannel(owner: NotificationOwner, id: string): Promise<Channel>;
  listChannels(owner: NotificationOwner, page: DeskPage): Promise<Page<Channel>>;
  removeChannel(owner: NotificationOwner, id: string, actor: string): Promise<void>;
  /** Sends a message at once; the delivery says what the provider answered. Not idempotent. */
  testChannel(owner: NotificationOwner, id: string, actor: string): Promise<Delivery>;
  getRouting(owner: NotificationOwner): Promise<Routing>;
  replaceRouting(owner: NotificationOwner, version: number, document: Record<string, unknown>, actor: string): Promise<Routing>;
  /** `at`: RFC 3339; empty: now. */
  testRouting(owner: NotificationOwner, labels: Record<string, string>, at: string): Promise<RouteMatch[]>;
  createSilence(owner: NotificationOwner, input: SilenceInput, actor: string, requestId?: string): Promise<Silence>;
  replaceSilence(owner: NotificationOwner, id: string, input: SilenceInput, actor: string): Promise<Silence>;
  expireSilence(owner: NotificationOwner, id: string, actor: string): Promise<Silence>;
  /** `state`: pending, active or expired; empty: every one. */
  listSilences(owner: NotificationOwner, state: string, page: DeskPage): Promise<Page<Silence>>;
  listAlerts(owner: NotificationOwner, filter: AlertFilter, page: DeskPage): Promise<Page<Alert>>;
  getAlert(owner: NotificationOwner, id: string): Promise<Alert>;
  acknowledgeAlert(owner: NotificationOwner, id: string, comment: string, actor: string): Promise<Alert>;
  listDeliveries(owner: NotificationOwner, filter: DeliveryFilter, page: DeskPage): Promise<Page<Delivery>>;
  retryDelivery(owner: NotificationOwner, id: string, actor: string): Promise<Delivery>;
  /** The built-in ones, and the owner's own in their place. */
  listTemplates(owner: NotificationOwner): Promise<Template[]>;
  replaceTemplate(owner: NotificationOwner, key: TemplateKey, version: number, text: TemplateText, actor: string): Promise<Template>;
  removeTemplate(owner: NotificationOwner, key: TemplateKey, actor: string): Promise<void>;
  /** `alertId` null: a sample alert. */
  previewTemplate(owner: NotificationOwner, key: TemplateKey, text: TemplateText, alertId: string | null): Promise<TemplatePreview>;
}
