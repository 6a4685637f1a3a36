import { z } from 'zod';
import { page, pageQuery, plainText, response, timestamp } from './named-schema';

const time = () => z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

export const auditQuery = z.strictObject({
  ...pageQuery,
  from: time().optional().describe('Entries of this time or later, for example 2026-11-28T00:00:00Z.'),
  to: time().optional().describe('Entries before this time.'),
  actor: plainText(200).optional().describe('Id of a user, `service:…`, or `system`.'),
  action: plainText(100).optional().describe('`endpoint.create`, or `endpoint` for all that is done with endpoints.'),
  target: plainText(200).optional().describe('Id of what was changed.'),
});

export const exportQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Only entries with a higher sequence number: what is new since an earlier export.'),
});

const detail = z.record(z.string(), z.unknown()).nullable();

export const auditEntries = page(
  'AuditEntries',
  response(
    'AuditEntry',
    z.object({
      id: z.string(),
      chain: z.string().describe("The workspace's id, or `platform`."),
      seq: z.number().describe('From 1 in each chain, without gaps.'),
      at: timestamp(),
      workspaceId: z.string().nullable(),
      action: z.string(),
      target: z.object({ kind: z.string(), id: z.string(), name: z.string().nullable() }),
      before: detail,
      after: detail,
      outcome: z.enum(['done', 'refused']),
      code: z.string().nullable().describe('Of the refusal.'),
      actor: z.object({
        userId: z.string(),
        address: z.string().nullable(),
        credential: z.string().nullable().describe('How the caller had signed in, or the id of an API key or session.'),
        traceId: z.string().nullable(),
      }),
    }),
  ),
);
