import { z } from 'zod';
import { defineRoute } from '../route-definition';
import { preview, previewInput, template, templateInput, templateKeyQuery, templates } from '../schemas/notification-channel-schemas';
import type { NotificationRoutePlace } from './notification-place';

export function notificationTemplateRoutes<P extends string>({ prefix, infix, permissions, ofWhom }: NotificationRoutePlace<P>) {
  const path = `${prefix}/notification-templates` as const;
  return {
    listTemplates: defineRoute({
      operationId: `list${infix}NotificationTemplates`,
      method: 'GET',
      path,
      tag: 'Notifications',
      summary: `List templates of messages${ofWhom}`,
      description: 'The built-in ones, and those of your own in their place.',
      permission: permissions.read,
      admission: 'list',
      status: 200,
      answer: templates,
    }),
    updateTemplate: defineRoute({
      operationId: `update${infix}NotificationTemplate`,
      method: 'PUT',
      path,
      tag: 'Notifications',
      summary: `Set a template${ofWhom}`,
      description: 'In Liquid, in the place of the built-in one.',
      permission: permissions.configure,
      admission: 'transition',
      query: z.strictObject(templateKeyQuery),
      body: templateInput,
      ifMatch: true,
      etag: true,
      status: 200,
      answer: template,
    }),
    deleteTemplate: defineRoute({
      operationId: `delete${infix}NotificationTemplate`,
      method: 'DELETE',
      path,
      tag: 'Notifications',
      summary: `Go back to the built-in template${ofWhom}`,
      permission: permissions.configure,
      admission: 'transition',
      query: z.strictObject(templateKeyQuery),
      status: 204,
      answer: 'nothing',
    }),
    previewTemplate: defineRoute({
      operationId: `preview${infix}NotificationTemplate`,
      method: 'POST',
      path: `${prefix}/notification-templates/preview` as const,
      tag: 'Notifications',
      summary: `What a template${ofWhom} would make of an alert`,
      description: 'Nothing is kept or sent.',
      permission: permissions.operate,
      admission: 'read',
      body: previewInput,
      status: 200,
      answer: preview,
    }),
  };
}
