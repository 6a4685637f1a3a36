import { z } from 'zod';
import { request } from './named-schema';

const LONGEST_MS = 600_000;

/** An id of that many digits; of zeros alone it is none: https://www.w3.org/TR/trace-context/#trace-id */
const hexadecimal = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hexadecimal digits`)
    .refine((text) => /[^0]/.test(text), 'must not be zero')
    .describe('As sent in `traceparent`.');

export const clientSpanInput = request(
  'ClientSpan',
  z.strictObject({
    traceId: hexadecimal(32),
    spanId: hexadecimal(16),
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
