import { z } from 'zod';
import { response } from './named-schema';

const statements = () => z.array(z.string()).describe('Run one by one, at the subject.');
const needsRestart = () => z.boolean().describe('It counts once the server was restarted.');

const fix = response(
  'Fix',
  z.object({
    statements: statements(),
    isSafe: z
      .boolean()
      .describe(
        'It changes nothing that applications see, loses nothing, and holds no lock for long. Others are for somebody who knows the server.',
      ),
    needsRestart: needsRestart(),
  }),
);

export const finding = response(
  'Finding',
  z.object({
    severity: z.enum(['blocker', 'warning', 'note']),
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    subject: z.enum(['source', 'target', 'both']),
    fix: fix.optional().describe('Absent: nothing that a program could do.'),
  }),
);

export const appliedFix = response(
  'AppliedFix',
  z.object({
    code: z.string().describe('Of the finding.'),
    subject: z.enum(['source', 'target']),
    statements: statements(),
    needsRestart: needsRestart(),
    error: z
      .object({ code: z.string(), message: z.string(), hint: z.string(), retryable: z.boolean() })
      .nullable()
      .describe('Null: all statements were run.'),
  }),
);
