import { z } from 'zod';
import { defineRoute } from '../route-definition';
import { pageQuery } from '../schemas/named-schema';
import { channel, channelInput, channelPage, channelTypes, delivery } from '../schemas/notification-channel-schemas';
import type { NotificationRoutePlace } from './notification-place';

const SECRETS = 'Secrets are sealed at once and never shown again. Its type says what settings and secrets it takes.';
const CHANNEL_BYTES = 256 * 1024;

export function notificationChannelRoutes<P extends string>({ prefix, infix, permissions, ofWhom }: NotificationRoutePlace<P>) {
  const channels = `${prefix}/notification-channels` as const;
  const one = `${prefix}/notification-channels/{id}` as const;
  return {
    listTypes: defineRoute({
      operationId: `list${infix}NotificationChannelTypes`,
      method: 'GET',
      path: `${prefix}/notification-channel-types` as const,
      tag: 'Notifications',
      summary: 'List the kinds of channels',
      description: 'Each with the JSON Schema of its settings and secrets.',
      permission: permissions.read,
      admission: 'list',
      status: 200,
      answer: channelTypes,
    }),
    createChannel: defineRoute({
      operationId: `create${infix}NotificationChannel`,
      method: 'POST',
      path: channels,
      tag: 'Notifications',
      summary: `Make a channel${ofWhom}`,
      description: SECRETS,
      permission: permissions.configure,
      admission: 'transition',
      body: channelInput,
      bodyLimitBytes: CHANNEL_BYTES,
      idempotent: true,
      etag: true,
      status: 201,
      answer: channel,
    }),
    listChannels: defineRoute({
      operationId: `list${infix}NotificationChannels`,
      method: 'GET',
      path: channels,
      tag: 'Notifications',
      summary: `List channels${ofWhom}`,
      permission: permissions.read,
      admission: 'list',
      query: z.strictObject(pageQuery),
      status: 200,
      answer: channelPage,
    }),
    getChannel: defineRoute({
      operationId: `get${infix}NotificationChannel`,
      method: 'GET',
      path: one,
      tag: 'Notifications',
      summary: `Show a channel${ofWhom}`,
      permission: permissions.read,
      admission: 'read',
      etag: true,
      status: 200,
      answer: channel,
    }),
    updateChannel: defineRoute({
      operationId: `update${infix}NotificationChannel`,
      method: 'PUT',
      path: one,
      tag: 'Notifications',
      summary: `Replace a channel${ofWhom}`,
      description: `Secrets that are not named stay as they are. ${SECRETS}`,
      permission: permissions.configure,
      admission: 'transition',
      body: channelInput,
      bodyLimitBytes: CHANNEL_BYTES,
      ifMatch: true,
      etag: true,
      status: 200,
      answer: channel,
    }),
    deleteChannel: defineRoute({
      operationId: `delete${infix}NotificationChannel`,
      method: 'DELETE',
      path: one,
      tag: 'Notifications',
      summary: `Delete a channel${ofWhom}`,
      description: 'Refused while the routing names it.',
      permission: permissions.configure,
      admission: 'transition',
      status: 204,
      answer: 'nothing',
    }),
    testChannel: defineRoute({
      operationId: `test${infix}NotificationChannel`,
      method: 'POST',
      path: `${prefix}/notification-channels/{id}/test` as const,
      tag: 'Notifications',
      summary: `Send a test message by a channel${ofWhom}`,
      description: 'At once and by no route. The answer holds what the provider said.',
      permission: permissions.operate,
      admission: 'probe',
      status: 200,
      answer: delivery,
    }),
  };
}
