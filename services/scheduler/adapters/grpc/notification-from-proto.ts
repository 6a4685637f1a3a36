import type { notificationV1 } from '@smartant/contracts';
import type {
  Alert,
  Channel,
  ChannelType,
  Delivery,
  RouteMatch,
  Routing,
  Silence,
  Template,
} from '../../application/ports/notification-desk';

/** Structs arrive as plain objects; an empty one may not arrive at all. */
const json = (struct: Record<string, unknown> | undefined): Record<string, unknown> => struct ?? {};

export function channelTypeFromProto(type: notificationV1.ChannelType): ChannelType {
  const { settingsSchema, secretsSchema, messagesPerMinute, messageBytes } = type;
  return { type: type.type, settingsSchema: json(settingsSchema), secretsSchema: json(secretsSchema), messagesPerMinute, messageBytes };
}

export function channelFromProto(channel: notificationV1.Channel): Channel {
  const { id, name, type, secretNames, language, enabled, version, createdAt, updatedAt, health } = channel;
  return {
    id,
    name,
    type,
    settings: json(channel.settings),
    secretNames,
    language,
    enabled,
    fallbackChannelId: channel.fallbackChannelId || null,
    version,
    createdAt,
    updatedAt,
    health,
    lastError: channel.lastErrorCode ? { code: channel.lastErrorCode, message: channel.lastErrorMessage } : null,
  };
}

export function routingFromProto({ version, document, updatedAt, updatedBy }: notificationV1.Routing): Routing {
  return { version, document: json(document), updatedAt: updatedAt || null, updatedBy: updatedBy || null };
}

export function matchFromProto({ path, group, channelIds, heldBy, holder }: notificationV1.TestRoutingResponse_Match): RouteMatch {
  return { path, group, channelIds, heldBy: heldBy || null, holder: holder || null };
}

export function silenceFromProto(silence: notificationV1.Silence): Silence {
  const { id, matchers, startsAt, endsAt, comment, createdBy, createdAt, state } = silence;
  return { id, matchers, startsAt, endsAt, comment, createdBy, createdAt, state };
}

export function alertFromProto(alert: notificationV1.Alert): Alert {
  const { id, fingerprint, status, severity, name, labels, annotations, source, startsAt, silenceIds } = alert;
  return {
    id,
    fingerprint,
    status,
    severity,
    name,
    labels,
    annotations,
    source,
    startsAt,
    endsAt: alert.endsAt || null,
    acknowledgedAt: alert.acknowledgedAt || null,
    acknowledgedBy: alert.acknowledgedBy || null,
    silenceIds,
    migrationId: alert.migrationId || null,
    traceId: alert.traceId || null,
    texts: alert.texts['en'] && alert.texts['zh'] ? { en: alert.texts['en'], zh: alert.texts['zh'] } : null,
  };
}

export function deliveryFromProto(delivery: notificationV1.Delivery): Delivery {
  const { id, channelId, state, alertIds, title, createdAt } = delivery;
  const attempts = delivery.attempts.map((attempt) => ({
    at: attempt.at,
    outcome: attempt.outcome,
    errorCode: attempt.errorCode || null,
    errorMessage: attempt.errorMessage || null,
    providerId: attempt.providerId || null,
    providerCode: attempt.providerCode || null,
    durationMs: attempt.durationMs,
  }));
  const nextAttemptAt = delivery.nextAttemptAt || null;
  return { id, channelId, state, alertIds, title, attempts, createdAt, nextAttemptAt, traceId: delivery.traceId || null };
}

export function templateFromProto({ channelType, language, title, body, builtIn, version }: notificationV1.Template): Template {
  return { channelType: channelType || null, language, title, body, builtIn, version };
}
