import type {
  Alert,
  AlertFilter,
  Channel,
  ChannelInput,
  ChannelType,
  Delivery,
  DeliveryFilter,
  RouteMatch,
  Routing,
  Silence,
  SilenceInput,
  Template,
  TemplateKey,
  TemplatePreview,
  TemplateText,
} from '../ports/notification-desk';
import type { Caller, Page, PageRequest, RequestId } from '../use-cases';

/** Without it the change is made to whatever is there. */
export interface ExpectedVersion {
  expectedVersion?: number | undefined;
}

/**
 * Who is told of what. Viewers read; operators also acknowledge, silence, send again and try out; owners also change channels, routing and
 * templates; of the platform's own everything is for administrators. Raises what `NotificationDesk` raises.
 */
export interface NotificationUseCases {
  listChannelTypes(caller: Caller): Promise<ChannelType[]>;
  createChannel(caller: Caller, input: ChannelInput, requestId: RequestId): Promise<Channel>;
  listChannels(caller: Caller, page: PageRequest): Promise<Page<Channel>>;
  getChannel(caller: Caller, id: string): Promise<Channel>;
  updateChannel(caller: Caller, id: string, input: ChannelInput, options: ExpectedVersion): Promise<Channel>;
  /** Refused while the routing names it, or it stands in for another. */
  removeChannel(caller: Caller, id: string): Promise<void>;
  /** Sends a message at once; the delivery says what the provider answered. */
  testChannel(caller: Caller, id: string): Promise<Delivery>;
  getRouting(caller: Caller): Promise<Routing>;
  updateRouting(caller: Caller, document: Record<string, unknown>, options: ExpectedVersion): Promise<Routing>;
  /** What an alert of these labels would take, now or at a time; nothing is sent. */
  testRouting(caller: Caller, alert: { labels: Record<string, string>; at?: string | undefined }): Promise<RouteMatch[]>;
  /** `startsAt` absent: now. */
  createSilence(caller: Caller, input: SilenceWish, requestId: RequestId): Promise<Silence>;
  listSilences(caller: Caller, filter: { state?: string | undefined }, page: PageRequest): Promise<Page<Silence>>;
  updateSilence(caller: Caller, id: string, input: SilenceWish): Promise<Silence>;
  /** Ends it now; it stays on the record. */
  expireSilence(caller: Caller, id: string): Promise<Silence>;
  listAlerts(caller: Caller, filter: AlertFilter, page: PageRequest): Promise<Page<Alert>>;
  getAlert(caller: Caller, id: string): Promise<Alert>;
  /** Ends its escalation and repeats; it still tells when it is resolved. */
  acknowledgeAlert(caller: Caller, id: string, comment: string): Promise<Alert>;
  listDeliveries(caller: Caller, filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  /** Sends once more what was given up. */
  retryDelivery(caller: Caller, id: string): Promise<Delivery>;
  listTemplates(caller: Caller): Promise<Template[]>;
  updateTemplate(caller: Caller, key: TemplateKey, text: TemplateText, options: ExpectedVersion): Promise<Template>;
  /** Back to the built-in one. */
  removeTemplate(caller: Caller, key: TemplateKey): Promise<void>;
  /** What the template would make of an alert (null: of a sample); nothing is kept or sent. */
  previewTemplate(caller: Caller, key: TemplateKey, text: TemplateText, alertId: string | null): Promise<TemplatePreview>;
}

export type SilenceWish = Omit<SilenceInput, 'startsAt'> & { startsAt?: string | undefined };
