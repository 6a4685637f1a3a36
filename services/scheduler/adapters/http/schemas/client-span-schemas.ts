import { z } from 'zod';
import { request } from './named-schema';

const LONGEST_MS = 600_000;

export const clientSpanInput = request(
  'ClientSpan',
  z.strictObject({
    traceId: z
      .string()
      .regex(/^(?!0{32})[0-9a-f]{32}$/, 'must be 32 hexadecimal digits, not all zero')
      .describe('As sent in `traceparent`.'),
    spanId: z
      .string()
      .regex(/^(?!0{16})[0-9a-f]{16}$/, 'must be 16 hexadecimal digits, not all zero')
      .describe('As sent in `traceparent`.'),
    name: z
      .string()
      .max(120)
      .regex(/^[A-Za-z][A-Za-z0-9 /{}._-]*$/, 'must be letters, digits, blanks and / { } . _ - after a letter')
      .describe('What was done, without ids or names: `POST /v1/workspaces/{ws}/migrations`.'),
    startedAgoMs: z.int().min(0).max(LONGEST_MS).describe("How long ago it began. No time of day: the client's clock may be wrong."),
    durationMs: z.int().min(0).max(LONGEST_MS),
    failed: z.boolean().default(false),
  }),
);
