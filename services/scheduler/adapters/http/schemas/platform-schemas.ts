import { z } from 'zod';
import { count, plainText, request, response, timestamp } from './named-schema';

export const problem = response(
  'Problem',
  z
    .object({
      type: z.string(),
      title: z.string(),
      status: z.number(),
      detail: z.string(),
      code: z.string().describe('Stable, for example MIGRATION_NOT_FOUND.'),
      hint: z.string().optional().describe('What to do about it.'),
      docs: z.string(),
      fields: z.array(z.object({ field: z.string().describe('Dotted path.'), message: z.string() })).optional(),
      details: z.record(z.string(), z.string()).optional(),
      retryable: z.boolean(),
      retryAfterMs: z.number().optional(),
      traceId: z.string(),
    })
    .describe('https://www.rfc-editor.org/rfc/rfc9457'),
);

export const reportKeys = response(
  'ReportKeys',
  z.object({
    keys: z.array(
      response(
        'ReportKey',
        z.object({ keyId: z.string(), publicKeyPem: z.string(), createdAt: timestamp(), retiredAt: timestamp().nullable() }),
      ),
    ),
  }),
);

export const parkedEvents = response(
  'ParkedEvents',
  z.object({
    items: z.array(
      response(
        'ParkedEvent',
        z.object({
          topic: z.string(),
          group: z.string().describe('The consumer that could not handle it.'),
          eventId: z.string(),
          type: z.string(),
          key: z.string(),
          workspaceId: z.string(),
          occurredAt: z.string(),
          parkedAt: z.string(),
          attempts: z.number(),
          errorCode: z.string().nullable(),
          reason: z.string(),
        }),
      ),
    ),
  }),
);

export const replayInput = request('ReplayParkedEvents', z.strictObject({ topic: plainText(200), group: plainText(200) }));

export const replayed = response('ReplayedEvents', z.object({ replayed: z.number().describe('How many are handled once more.') }));

export const version = response('Version', z.object({ version: z.string(), apiVersion: z.literal('v1'), mode: z.string() }));

export const index = response('Index', z.object({ service: z.string(), docs: z.string(), openapi: z.string(), version: z.string() }));

export const platformServices = response(
  'PlatformServices',
  z.object({
    items: z.array(
      response(
        'PlatformService',
        z.object({
          service: z.string(),
          health: z
            .enum(['healthy', 'degraded', 'down', 'absent'])
            .describe(
              '`degraded`: not every instance is ready; `down`: none is; `absent`: none was heard, though this installation is to have it.',
            ),
          versions: z.array(
            z.object({
              version: z.string(),
              instances: count().describe('Those that are not silent.'),
              callShare: z
                .number()
                .nullable()
                .describe('Of the calls that the service answered in the last minute, 0 to 1; null: it answered none.'),
            }),
          ),
          instances: z.array(
            z.object({
              instance: z.string(),
              host: z.string().describe('The machine or pod.'),
              version: z.string(),
              state: z.enum(['ready', 'unready', 'silent']).describe('`silent`: it has not been heard for more than half a minute.'),
              problems: z.array(z.string()).describe('Checks that fail, and what should be mended though it works.'),
              callsPerMinute: z.number(),
              startedAt: timestamp(),
              seenAt: timestamp(),
            }),
          ),
          lastSeenAt: timestamp().nullable(),
        }),
      ),
    ),
  }),
);
