import { parseBytes, SmartantError } from '@smartant/kernel';
import { z } from 'zod';

const names = z.array(z.string().min(1));
const jobs = z.number().int().nonnegative();

/** "2G", or a number of bytes. */
const size = z.union([z.string(), z.number()]).transform((value, context) => {
  try {
    return parseBytes(String(value));
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof SmartantError ? (error.hint ?? error.message) : 'cannot be read' });
    return z.NEVER;
  }
});

/** `spec.database` of a manifest: the fields of the API, with sizes as people write them. */
export const databaseManifest = z
  .strictObject({
    includeSchemas: names.optional(),
    excludeSchemas: names.optional(),
    includeTables: names.optional(),
    excludeTables: names.optional(),
    rows: z.array(z.strictObject({ table: z.string().min(1), where: z.string().min(1) })).optional(),
    renames: z.array(z.strictObject({ from: z.string().min(1), to: z.string().min(1) })).optional(),
    tablespaces: z.array(z.strictObject({ from: z.string().min(1), to: z.string().min(1) })).optional(),
    columns: z
      .array(
        z.strictObject({
          table: z.string().min(1),
          // As the server answers them, so that a manifest which is applied again is seen to be the same.
          exclude: names.default([]),
          renames: z.array(z.strictObject({ from: z.string().min(1), to: z.string().min(1) })).default([]),
        }),
      )
      .optional(),
    mode: z.enum(['live', 'snapshot']).optional(),
    targetPolicy: z.enum(['refuse', 'append', 'replace']).optional(),
    largeObjects: z.boolean().optional(),
    roles: z.boolean().optional(),
    publications: z.boolean().optional(),
    tableJobs: jobs.optional(),
    indexJobs: jobs.optional(),
    verify: z.enum(['content', 'counts', 'frozen']).optional(),
    quarantineCap: jobs.optional(),
    reverse: z.boolean().optional(),
    maxRetainedWal: size.optional(),
  })
  .transform(({ maxRetainedWal, ...scope }) => ({
    ...scope,
    ...(maxRetainedWal === undefined ? {} : { maxRetainedWalBytes: maxRetainedWal }),
  }));
