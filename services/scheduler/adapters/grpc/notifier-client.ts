import { randomUUID } from 'node:crypto';
import { notificationV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { createRpcClient, type RpcClient, type RpcClientSettings } from '@smartant/platform/grpc';
import type { ChannelInput, NotificationDesk, SilenceInput, TemplateKey } from '../../application/ports/notification-desk';
import {
  alertFromProto,
  channelFromProto,
  channelTypeFromProto,
  deliveryFromProto,
  matchFromProto,
  routingFromProto,
  silenceFromProto,
  templateFromProto,
} from './notification-from-proto';

export interface NotifierClientOptions {
  /** host:port */
  address: string;
  tls?: RpcClientSettings['tls'];
  /** The name in the notifier's certificate. */
  serverName: string;
}

/**
 * The notifier over gRPC. Deadlines and retries of a call come from its policy in proto/; `close` ends the connection. A put always has a request
 * id, so that one whose answer was lost can be sent again.
 */
export function connectNotifier(options: NotifierClientOptions): NotificationDesk & { close(): void } {
  const rpc = createRpcClient(notificationV1.NotificationServiceClient, options);
  return {
    ...channelCalls(rpc),
    ...routingCalls(rpc),
    ...silenceCalls(rpc),
    ...alertCalls(rpc),
    ...templateCalls(rpc),
    close: () => rpc.close(),
  };
}

type Rpc = RpcClient<typeof notificationV1.NotificationServiceClient.service>;
type Calls<Prefix extends 'Channel' | 'Routing' | 'Silence' | 'Alert' | 'Deliver' | 'Template'> = Pick<
  NotificationDesk,
  Extract<keyof NotificationDesk, `${string}${Prefix}${string}`>
>;

const pageOf = <T>(items: T[], nextPageToken: string) => ({ items, nextPageToken: nextPageToken || null });
const keyToProto = ({ channelType, language }: TemplateKey) => ({ channelType: channelType ?? '', language });

function channelCalls(rpc: Rpc): Calls<'Channel'> {
  const put = async (request: ChannelInput & { workspaceId: string; id: string; ifVersion: number; actor: string; requestId: string }) => {
    const { requestId, fallbackChannelId, ...rest } = request;
    const body = { ...rest, requestId, fallbackChannelId: fallbackChannelId ?? '' };
    const { channel } = await rpc.putChannel(body, { requestId });
    return channelFromProto(required(channel, 'a channel'));
  };
  return {
    listChannelTypes: async () => (await rpc.listChannelTypes({})).types.map(channelTypeFromProto),
    createChannel: (workspaceId, input, actor, requestId = randomUUID()) =>
      put({ ...input, workspaceId, id: '', ifVersion: 0, actor, requestId }),
    replaceChannel: (workspaceId, id, ifVersion, input, actor) =>
      put({ ...input, workspaceId, id, ifVersion, actor, requestId: randomUUID() }),
    getChannel: async (workspaceId, id) => {
      const { channel } = await rpc.describeChannel({ workspaceId, id, actor: '' });
      return channelFromProto(required(channel, 'a channel'));
    },
    listChannels: async (workspaceId, page) => {
      const { channels, nextPageToken } = await rpc.listChannels({ workspaceId, ...page });
      return pageOf(channels.map(channelFromProto), nextPageToken);
    },
    removeChannel: async (workspaceId, id, actor) => void (await rpc.deleteChannel({ workspaceId, id, actor })),
    testChannel: async (workspaceId, id, actor) =>
      deliveryFromProto(required((await rpc.testChannel({ workspaceId, id, actor })).delivery, 'a delivery')),
  };
}

function routingCalls(rpc: Rpc): Calls<'Routing'> {
  return {
    getRouting: async (workspaceId) => routingFromProto(required((await rpc.getRouting({ workspaceId })).routing, 'a routing')),
    replaceRouting: async (workspaceId, ifVersion, document, actor) => {
      const { routing } = await rpc.putRouting({ workspaceId, ifVersion, document, actor });
      return routingFromProto(required(routing, 'a routing'));
    },
    testRouting: async (workspaceId, labels, at) => (await rpc.testRouting({ workspaceId, labels, at })).matches.map(matchFromProto),
  };
}

function silenceCalls(rpc: Rpc): Calls<'Silence'> {
  const put = async (request: SilenceInput & { workspaceId: string; id: string; actor: string; requestId: string }) => {
    const { silence } = await rpc.putSilence(request, { requestId: request.requestId });
    return silenceFromProto(required(silence, 'a silence'));
  };
  return {
    createSilence: (workspaceId, input, actor, requestId = randomUUID()) => put({ ...input, workspaceId, id: '', actor, requestId }),
    replaceSilence: (workspaceId, id, input, actor) => put({ ...input, workspaceId, id, actor, requestId: randomUUID() }),
    expireSilence: async (workspaceId, id, actor) =>
      silenceFromProto(required((await rpc.expireSilence({ workspaceId, id, actor })).silence, 'a silence')),
    listSilences: async (workspaceId, state, page) => {
      const { silences, nextPageToken } = await rpc.listSilences({ workspaceId, state, ...page });
      return pageOf(silences.map(silenceFromProto), nextPageToken);
    },
  };
}

function alertCalls(rpc: Rpc): Calls<'Alert' | 'Deliver'> {
  return {
    listAlerts: async (workspaceId, { status = '', severity = '', migrationId = '', text = '' }, page) => {
      const { alerts, nextPageToken } = await rpc.listAlerts({ workspaceId, status, severity, migrationId, text, ...page });
      return pageOf(alerts.map(alertFromProto), nextPageToken);
    },
    getAlert: async (workspaceId, id) => alertFromProto(required((await rpc.getAlert({ workspaceId, id, actor: '' })).alert, 'an alert')),
    acknowledgeAlert: async (workspaceId, id, comment, actor) =>
      alertFromProto(required((await rpc.acknowledgeAlert({ workspaceId, id, comment, actor })).alert, 'an alert')),
    listDeliveries: async (workspaceId, { channelId = '', alertId = '', state = '' }, page) => {
      const { deliveries, nextPageToken } = await rpc.listDeliveries({ workspaceId, channelId, alertId, state, ...page });
      return pageOf(deliveries.map(deliveryFromProto), nextPageToken);
    },
    retryDelivery: async (workspaceId, id, actor) =>
      deliveryFromProto(required((await rpc.retryDelivery({ workspaceId, id, actor })).delivery, 'a delivery')),
  };
}

function templateCalls(rpc: Rpc): Calls<'Template'> {
  return {
    listTemplates: async (workspaceId) => (await rpc.listTemplates({ workspaceId })).templates.map(templateFromProto),
    replaceTemplate: async (workspaceId, key, ifVersion, text, actor) => {
      const { template } = await rpc.putTemplate({ workspaceId, ...keyToProto(key), ...text, ifVersion, actor });
      return templateFromProto(required(template, 'a template'));
    },
    removeTemplate: async (workspaceId, key, actor) => void (await rpc.deleteTemplate({ workspaceId, ...keyToProto(key), actor })),
    previewTemplate: async (workspaceId, key, text, alertId) => {
      const request = { workspaceId, ...keyToProto(key), ...text, alertId: alertId ?? '' };
      const { title, body, problem } = await rpc.previewTemplate(request);
      return { title, body, problem: problem || null };
    },
  };
}

function required<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new SmartantError('NOTIFIER_ANSWER_INVALID', `The notifier answered without ${what}.`, {
    kind: 'internal',
    hint: 'Check that scheduler and notifier are of the same version.',
  });
}
