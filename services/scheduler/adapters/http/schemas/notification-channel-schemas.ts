import { z } from 'zod';
import { jsonObject, page, plainText, request, response, timestamp } from './named-schema';

const language = z.enum(['en', 'zh']).describe('Of its messages.');
const NAMES_OF_SECRETS = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

export const channelType = response(
  'NotificationChannelType',
  z.object({
    type: z.string().describe('email, sms-aliyun, wecom-robot, dingtalk-robot, slack, webhook, …'),
    settingsSchema: z.record(z.string(), z.unknown()).describe('JSON Schema (draft 2020-12) of `settings`.'),
    secretsSchema: z.record(z.string(), z.unknown()).describe('JSON Schema (draft 2020-12) of `secrets`.'),
    messagesPerMinute: z.number().describe("The provider's limit for one channel. 0: none is known."),
    messageBytes: z.number().describe('The longest message, bytes of UTF-8.'),
  }),
);
export const channelTypes = response('NotificationChannelTypes', z.object({ items: z.array(channelType) }));

/** What a channel's type takes is for the notifier to say, which has the schemas; here only sizes and forms are held. */
export const channelInput = request(
  'NotificationChannelInput',
  z.strictObject({
    name: plainText(100),
    type: plainText(64),
    settings: jsonObject().default({}).describe("As `settingsSchema` of the channel's type says."),
    secrets: z
      .record(z.string().regex(NAMES_OF_SECRETS, 'is no name of a secret'), z.string().max(16_384))
      .default({})
      .describe('Sealed and never shown again. Those named are replaced, the others are kept; an empty value removes one.'),
    language: language.default('en'),
    enabled: z.boolean().default(true),
    fallbackChannelId: plainText(200).nullable().default(null).describe('Where its messages go while it cannot deliver. Null: they wait.'),
  }),
);

export const channel = response(
  'NotificationChannel',
  z.object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    settings: z.record(z.string(), z.unknown()),
    secretNames: z.array(z.string()).describe('Which secrets it has; never their values.'),
    language: z.string(),
    enabled: z.boolean(),
    fallbackChannelId: z.string().nullable(),
    version: z.number(),
    createdAt: timestamp(),
    updatedAt: timestamp(),
    health: z.string().describe('ok, failing (it is tried again), needs-attention (the provider refuses its settings), unused.'),
    lastError: z.object({ code: z.string(), message: z.string() }).nullable(),
  }),
);
export const channelPage = page('NotificationChannelPage', channel);

export const delivery = response(
  'NotificationDelivery',
  z.object({
    id: z.string(),
    channelId: z.string(),
    state: z.string().describe('pending, delivered, given-up, fallen-back.'),
    alertIds: z.array(z.string()),
    title: z.string().describe('The head of what was sent.'),
    attempts: z.array(
      z.object({
        at: timestamp(),
        outcome: z.string().describe('delivered, retry, given-up, needs-attention.'),
        errorCode: z.string().nullable(),
        errorMessage: z.string().nullable(),
        providerId: z.string().nullable().describe("The provider's own id of the message."),
        providerCode: z.string().nullable().describe("The provider's own code, where it refused."),
        durationMs: z.number(),
      }),
    ),
    createdAt: timestamp(),
    nextAttemptAt: timestamp().nullable(),
    traceId: z.string().nullable(),
  }),
);
export const deliveryPage = page('NotificationDeliveryPage', delivery);

export const templateKeyQuery = {
  language: z.enum(['en', 'zh']).describe('Of the template.'),
  channelType: z.string().min(1).max(64).optional().describe('Of which channels. Absent: of all whose type has no template of its own.'),
};
/** Liquid, which needs its line breaks. */
const text = (maxLength: number) => z.string().max(maxLength);
const templateText = { title: text(1_024), body: text(32_768) };
export const templateInput = request('NotificationTemplateInput', z.strictObject(templateText));
export const previewInput = request(
  'PreviewNotificationTemplate',
  z.strictObject({
    ...templateText,
    language: templateKeyQuery.language,
    channelType: templateKeyQuery.channelType,
    alertId: plainText(200).optional().describe('Absent: a sample alert.'),
  }),
);
export const template = response(
  'NotificationTemplate',
  z.object({
    channelType: z.string().nullable().describe('Null: of all channels whose type has no template of its own.'),
    language: z.string(),
    title: z.string(),
    body: z.string(),
    builtIn: z.boolean(),
    version: z.number(),
  }),
);
export const templates = response('NotificationTemplates', z.object({ items: z.array(template) }));
export const preview = response(
  'NotificationTemplatePreview',
  z.object({
    title: z.string(),
    body: z.string(),
    problem: z.string().nullable().describe('What is wrong with the template. Null: nothing.'),
  }),
);
