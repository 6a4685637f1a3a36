import type { notificationV1 } from '@smartant/contracts';
import type { ShownAlert } from '../../application/alerts/alert-service';
import type { ChannelType } from '../../application/ports/channel';
import type {
  AttemptRecord,
  ChannelRecord,
  DeliveryRecord,
  RoutingRecord,
  SilenceRecord,
  TemplateRecord,
} from '../../application/ports/stores';
import type { RouteMatch } from '../../application/routing/routing-service';

const time = (date: Date | null) => date?.toISOString() ?? '';

export function channelTypeToProto({ type, settingsSchema, secretsSchema, limits }: ChannelType): notificationV1.ChannelType {
  const { messagesPerMinute, messageBytes } = limits;
  return { type, settingsSchema: { ...settingsSchema }, secretsSchema: { ...secretsSchema }, messagesPerMinute, messageBytes };
}

export function channelToProto(channel: ChannelRecord): notificationV1.Channel {
  const { id, workspaceId, name, type, settings, secretNames, language, enabled, version, health, lastErrorCode, lastErrorMessage } =
    channel;
  return {
    id,
    workspaceId,
    name,
    type,
    settings,
    secretNames,
    language,
    enabled,
    fallbackChannelId: channel.fallbackChannelId ?? '',
    version,
    createdAt: time(channel.createdAt),
    updatedAt: time(channel.updatedAt),
    health,
    lastErrorCode,
    lastErrorMessage,
  };
}

export function routingToProto(workspaceId: string, { version, document, updatedAt, updatedBy }: RoutingRecord): notificationV1.Routing {
  return { workspaceId, version, document: document as Record<string, unknown>, updatedAt: time(updatedAt), updatedBy };
}

export function matchToProto({ path, group, channelIds, hold }: RouteMatch): notificationV1.TestRoutingResponse_Match {
  return { path: [...path], group: { ...group }, channelIds, heldBy: hold?.by ?? '', holder: hold?.holder ?? '' };
}

export function silenceToProto({ startsAt, endsAt, createdAt, ...silence }: SilenceRecord): notificationV1.Silence {
  return { ...silence, startsAt: time(startsAt), endsAt: time(endsAt), createdAt: time(createdAt) };
}

export function alertToProto(alert: ShownAlert): notificationV1.Alert {
  const { id, workspaceId, fingerprint, status, severity, name, source, acknowledgedBy, silenceIds, migrationId, traceId } = alert;
  return {
    id,
    workspaceId,
    fingerprint,
    status,
    severity,
    name,
    labels: { ...alert.labels },
    annotations: { ...alert.annotations },
    source,
    startsAt: time(alert.startsAt),
    endsAt: time(alert.endsAt),
    acknowledgedAt: time(alert.acknowledgedAt),
    acknowledgedBy,
    silenceIds,
    migrationId,
    traceId,
    texts: alert.texts ? { en: { ...alert.texts.en }, zh: { ...alert.texts.zh } } : {},
  };
}

export function deliveryToProto(delivery: DeliveryRecord): notificationV1.Delivery {
  const { id, workspaceId, channelId, state, alertIds, title, traceId } = delivery;
  return {
    id,
    workspaceId,
    channelId,
    state,
    alertIds,
    title,
    attempts: delivery.attempts.map(attemptToProto),
    createdAt: time(delivery.createdAt),
    nextAttemptAt: time(delivery.nextAttemptAt),
    traceId,
  };
}

function attemptToProto({
  at,
  outcome,
  errorCode,
  errorMessage,
  providerId,
  providerCode,
  durationMs,
}: AttemptRecord): notificationV1.Attempt {
  return { at: time(at), outcome, errorCode, errorMessage, providerId, providerCode, durationMs };
}

export function templateToProto({ builtIn = false, ...template }: TemplateRecord & { builtIn?: boolean }): notificationV1.Template {
  return { ...template, builtIn };
}
