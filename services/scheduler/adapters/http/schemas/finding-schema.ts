import { z } from 'zod';
import { response } from './named-schema';

export const finding = response(
  'Finding',
  z.object({
    severity: z.enum(['blocker', 'warning', 'note']),
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    subject: z.enum(['source', 'target', 'both']),
  }),
);
