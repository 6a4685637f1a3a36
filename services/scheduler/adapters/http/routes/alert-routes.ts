import { z } from 'zod';
import { defineRoute } from '../route-definition';
import { acknowledgeInput, alert, alertPage, alertQuery, deliveryQuery } from '../schemas/alert-schemas';
import { delivery, deliveryPage } from '../schemas/notification-channel-schemas';
import type { NotificationRoutePlace } from './notification-place';

/** What fires, and what was sent of it. */
export function alertRoutes<P extends string>({ prefix, infix, permissions, ofWhom }: NotificationRoutePlace<P>) {
  return {
    listAlerts: defineRoute({
      operationId: `list${infix}Alerts`,
      method: 'GET',
      path: `${prefix}/alerts` as const,
      tag: 'Notifications',
      summary: `List alerts${ofWhom}`,
      description: 'Newest first.',
      permission: permissions.read,
      admission: 'list',
      query: z.strictObject(alertQuery),
      status: 200,
      answer: alertPage,
    }),
    getAlert: defineRoute({
      operationId: `get${infix}Alert`,
      method: 'GET',
      path: `${prefix}/alerts/{id}` as const,
      tag: 'Notifications',
      summary: `Show an alert${ofWhom}`,
      permission: permissions.read,
      admission: 'read',
      status: 200,
      answer: alert,
    }),
    acknowledgeAlert: defineRoute({
      operationId: `acknowledge${infix}Alert`,
      method: 'POST',
      path: `${prefix}/alerts/{id}/acknowledge` as const,
      tag: 'Notifications',
      summary: `Say that somebody sees to an alert${ofWhom}`,
      description: 'Ends its escalation and repeats. It still tells when it is resolved.',
      permission: permissions.operate,
      admission: 'transition',
      body: acknowledgeInput,
      bodyOptional: true,
      status: 200,
      answer: alert,
    }),
    listDeliveries: defineRoute({
      operationId: `list${infix}NotificationDeliveries`,
      method: 'GET',
      path: `${prefix}/notification-deliveries` as const,
      tag: 'Notifications',
      summary: `List what was sent${ofWhom}, with every attempt`,
      description: 'Newest first.',
      permission: permissions.read,
      admission: 'list',
      query: z.strictObject(deliveryQuery),
      status: 200,
      answer: deliveryPage,
    }),
    retryDelivery: defineRoute({
      operationId: `retry${infix}NotificationDelivery`,
      method: 'POST',
      path: `${prefix}/notification-deliveries/{id}/retry` as const,
      tag: 'Notifications',
      summary: `Send a message${ofWhom} once more`,
      description: 'One that was given up, or that nobody saw.',
      permission: permissions.operate,
      admission: 'transition',
      status: 200,
      answer: delivery,
    }),
  };
}
