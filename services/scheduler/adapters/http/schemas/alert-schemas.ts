import { z } from 'zod';
import { jsonObject, page, pageQuery, plainText, request, response, timestamp } from './named-schema';

const instant = () => z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-30T08:00:00Z' });
const labels = z
  .record(z.string().min(1).max(256), z.string().max(2_048))
  .refine((given) => Object.keys(given).length <= 100, 'must have at most 100 labels');

export const routing = response(
  'AlertRouting',
  z.object({
    version: z.number(),
    document: z.record(z.string(), z.unknown()).describe('{ route, inhibitions, calendars, rotations, escalations }'),
    updatedAt: timestamp().nullable().describe('Null: nobody has changed it yet.'),
    updatedBy: z.string().nullable(),
  }),
);
export const routingInput = request(
  'AlertRoutingInput',
  z.strictObject({ document: jsonObject().describe('{ route, inhibitions, calendars, rotations, escalations }, whole.') }),
);
export const routingTestInput = request(
  'TestAlertRouting',
  z.strictObject({ labels: labels.describe('Of the alert.'), at: instant().optional().describe('Absent: now.') }),
);
export const routingTest = response(
  'AlertRoutingTest',
  z.object({
    matches: z.array(
      z.object({
        path: z.array(z.string()).describe('Names of routes, from the root of the tree.'),
        group: z.record(z.string(), z.string()),
        channelIds: z.array(z.string()),
        heldBy: z.string().nullable().describe('silenced, inhibited, quiet-hours. Null: it would be sent.'),
        holder: z.string().nullable().describe('The silence, inhibition or calendar that holds it.'),
      }),
    ),
  }),
);

export const silenceInput = request(
  'AlertSilenceInput',
  z.strictObject({
    matchers: z
      .array(
        z.strictObject({
          label: z.string().min(1).max(256),
          operator: z.enum(['=', '!=', '=~', '!~']).default('='),
          value: z.string().max(2_048),
        }),
      )
      .min(1)
      .max(50)
      .describe('All of them have to fit.'),
    startsAt: instant().optional().describe('Absent: now.'),
    endsAt: instant(),
    comment: plainText(1_000).describe('Why, for those who miss a message.'),
  }),
);
export const silence = response(
  'AlertSilence',
  z.object({
    id: z.string(),
    matchers: z.array(z.object({ label: z.string(), operator: z.string(), value: z.string() })),
    startsAt: timestamp(),
    endsAt: timestamp(),
    comment: z.string(),
    createdBy: z.string(),
    createdAt: timestamp(),
    state: z.string().describe('pending, active, expired.'),
  }),
);
export const silenceQuery = { state: z.enum(['pending', 'active', 'expired']).optional(), ...pageQuery };
export const silencePage = page('AlertSilencePage', silence);

export const alertQuery = {
  status: z.enum(['firing', 'resolved']).optional(),
  severity: z.enum(['critical', 'warning', 'info']).optional(),
  migrationId: z.string().min(1).max(200).optional(),
  text: plainText(200)
    .optional()
    .describe('A part of its name, of its title in any language, or of the value of a label or an annotation. Case does not matter.'),
  ...pageQuery,
};
const knownText = z.object({ title: z.string(), advice: z.string() });
export const alert = response(
  'Alert',
  z.object({
    id: z.string(),
    fingerprint: z.string().describe('Alerts of one fingerprint are one.'),
    status: z.string().describe('firing, resolved.'),
    severity: z.string().describe('critical, warning, info.'),
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    source: z.string().describe('scheduler, kubernetes, alertmanager, kubesphere.'),
    startsAt: timestamp(),
    endsAt: timestamp().nullable().describe('Null while it fires.'),
    acknowledgedAt: timestamp().nullable(),
    acknowledgedBy: z.string().nullable(),
    silenceIds: z.array(z.string()).describe('Silences that hold it now.'),
    migrationId: z.string().nullable(),
    traceId: z.string().nullable(),
    texts: z
      .object({ en: knownText, zh: knownText })
      .nullable()
      .describe('What it is about and what to do first, in both languages. Null: nothing is known of its name.'),
  }),
);
export const alertPage = page('AlertPage', alert);
export const acknowledgeInput = request('AcknowledgeAlert', z.strictObject({ comment: plainText(1_000).optional() }));

export const deliveryQuery = {
  channelId: z.string().min(1).max(200).optional(),
  alertId: z.string().min(1).max(200).optional(),
  state: z.enum(['pending', 'delivered', 'given-up', 'fallen-back']).optional(),
  ...pageQuery,
};
