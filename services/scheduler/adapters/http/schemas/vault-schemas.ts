import { z } from 'zod';
import { count, request, response, timestamp } from './named-schema';

const problemLine = z.object({ code: z.string(), message: z.string() });

export const vaultRotation = response(
  'VaultRotation',
  z.object({
    id: z.string(),
    kind: z.enum(['master-key', 'data-keys']),
    targetKeyId: z.string().describe('What values are brought under.'),
    state: z.enum(['running', 'done', 'superseded']),
    requestedBy: z.string(),
    createdAt: timestamp(),
    finishedAt: timestamp().nullable(),
    total: count().describe('Values that were to be changed when it was asked for.'),
    done: count(),
    failed: count().describe('Values that could not be opened; they stay as they were.'),
    lastError: problemLine.nullable().describe('What it last stopped at; it goes on by itself.'),
  }),
);

export const vaultStatus = response(
  'VaultStatus',
  z.object({
    currentKeyId: z.string().nullable().describe('What new values are sealed under. Null: the key management service does not answer.'),
    keys: z.array(
      response(
        'VaultKey',
        z.object({
          keyId: z.string(),
          isCurrent: z.boolean(),
          isHeld: z.boolean().describe('False: values need it, and it is not there to open them.'),
          values: count().describe('How many sealed values need it.'),
          isRemovable: z.boolean().describe('Nothing needs it: it can be taken away.'),
        }),
      ),
    ),
    areas: z.array(response('VaultArea', z.object({ name: z.string(), values: count(), underCurrentKey: count() }))),
    rotation: vaultRotation.nullable().describe('The one that runs, or the last one.'),
    problem: problemLine.nullable().describe('Why the key management service does not answer.'),
  }),
);

export const rotateInput = request(
  'RotateVaultRequest',
  z.strictObject({ dataKeys: z.boolean().default(false).describe('Also seal every value under a fresh data key.') }),
);
