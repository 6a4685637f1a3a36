import { z } from 'zod';
import { defineRoute } from '../route-definition';
import {
  routing,
  routingInput,
  routingTest,
  routingTestInput,
  silence,
  silenceInput,
  silencePage,
  silenceQuery,
} from '../schemas/alert-schemas';
import type { NotificationRoutePlace } from './notification-place';

const ROUTING_BYTES = 256 * 1024;

/** How alerts find their channels, and what holds them back. */
export function alertRoutingRoutes<P extends string>({ prefix, infix, permissions, ofWhom }: NotificationRoutePlace<P>) {
  const routingPath = `${prefix}/alert-routing` as const;
  const silences = `${prefix}/alert-silences` as const;
  return {
    getRouting: defineRoute({
      operationId: `get${infix}AlertRouting`,
      method: 'GET',
      path: routingPath,
      tag: 'Notifications',
      summary: `Show the routing of alerts${ofWhom}`,
      permission: permissions.read,
      admission: 'read',
      etag: true,
      status: 200,
      answer: routing,
    }),
    updateRouting: defineRoute({
      operationId: `update${infix}AlertRouting`,
      method: 'PUT',
      path: routingPath,
      tag: 'Notifications',
      summary: `Replace the routing of alerts${ofWhom}`,
      description: 'Whole. Channels are named by id or name.',
      permission: permissions.configure,
      admission: 'transition',
      body: routingInput,
      bodyLimitBytes: ROUTING_BYTES,
      ifMatch: true,
      etag: true,
      status: 200,
      answer: routing,
    }),
    testRouting: defineRoute({
      operationId: `test${infix}AlertRouting`,
      method: 'POST',
      path: `${prefix}/alert-routing/test` as const,
      tag: 'Notifications',
      summary: `Where an alert${ofWhom} would go, and what would hold it back`,
      description: 'Nothing is sent.',
      permission: permissions.read,
      admission: 'read',
      body: routingTestInput,
      status: 200,
      answer: routingTest,
    }),
    createSilence: defineRoute({
      operationId: `create${infix}AlertSilence`,
      method: 'POST',
      path: silences,
      tag: 'Notifications',
      summary: `Silence alerts${ofWhom}`,
      permission: permissions.operate,
      admission: 'transition',
      body: silenceInput,
      idempotent: true,
      status: 201,
      answer: silence,
    }),
    listSilences: defineRoute({
      operationId: `list${infix}AlertSilences`,
      method: 'GET',
      path: silences,
      tag: 'Notifications',
      summary: `List silences${ofWhom}`,
      description: 'Newest first, also those that have ended.',
      permission: permissions.read,
      admission: 'list',
      query: z.strictObject(silenceQuery),
      status: 200,
      answer: silencePage,
    }),
    updateSilence: defineRoute({
      operationId: `update${infix}AlertSilence`,
      method: 'PUT',
      path: `${prefix}/alert-silences/{id}` as const,
      tag: 'Notifications',
      summary: `Change a silence${ofWhom}`,
      permission: permissions.operate,
      admission: 'transition',
      body: silenceInput,
      status: 200,
      answer: silence,
    }),
    expireSilence: defineRoute({
      operationId: `expire${infix}AlertSilence`,
      method: 'POST',
      path: `${prefix}/alert-silences/{id}/expire` as const,
      tag: 'Notifications',
      summary: `End a silence${ofWhom} now`,
      description: 'It stays on the record.',
      permission: permissions.operate,
      admission: 'transition',
      status: 200,
      answer: silence,
    }),
  };
}
