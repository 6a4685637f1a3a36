import { z } from 'zod';
import { CHECK_KINDS, CHECK_STATES } from '../../../domain/migration/check';
import { count, plainText, request, response, timestamp } from './named-schema';

export const askCheckInput = request(
  'AskCheckRequest',
  z.strictObject({
    kind: z
      .enum(CHECK_KINDS)
      .describe(
        'verify: rows are compared. repair: those that differ are copied again, then compared. preview: what a cutover would do now.',
      ),
    tables: z.array(plainText(200)).max(1_000).default([]).describe('"schema.table" at the source. Empty: all of the migration.'),
  }),
);

export const check = response(
  'Check',
  z.object({
    id: z.string(),
    kind: z.enum(CHECK_KINDS),
    tables: z.array(z.string()),
    state: z.enum(CHECK_STATES),
    askedAt: timestamp(),
    finishedAt: timestamp().nullable(),
    result: z
      .object({
        tables: count(),
        sourceRows: count(),
        differences: z
          .array(z.object({ key: z.string(), kind: z.string(), detail: z.string(), waived: z.boolean() }))
          .describe('A bounded sample of rows that stood still and differ. Of a repair: what differs after it.'),
        differenceCount: count(),
        undecided: z.array(z.string()).describe('Tables that changed each time they were looked at.'),
        repairedRows: count(),
        steps: z.array(z.string()).describe('Of a preview: what a cutover would do, a sentence each.'),
        expectedDowntimeMs: count().nullable().describe('Of a preview: from the freeze of the source to the opened target.'),
      })
      .nullable(),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string(), retryable: z.boolean() }).nullable(),
  }),
);

export const checkList = response('CheckList', z.object({ items: z.array(check) }));
