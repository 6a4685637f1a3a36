import { z } from 'zod';
import { count, page, plainText, request, response, timestamp } from './named-schema';

const content = z
  .record(z.string(), z.unknown())
  .describe('What was filled in, as its writer keeps it: 64 KiB of JSON at most, and no secret. Endpoints are named, not given inline.');

export const draftInput = request('DraftRequest', z.strictObject({ name: plainText(120), content }));
export const draftChange = request('DraftChange', z.strictObject({ name: plainText(120).optional(), content: content.optional() }));

export const draft = response(
  'MigrationDraft',
  z.object({
    id: z.string(),
    workspaceId: z.string(),
    name: z.string(),
    content: z.record(z.string(), z.unknown()),
    createdBy: z.string().describe('Id of a user.'),
    updatedBy: z.string(),
    version: count().describe('Grows by one with each change; the ETag.'),
    createdAt: timestamp(),
    updatedAt: timestamp(),
  }),
);
export const draftPage = page('MigrationDraftPage', draft);
