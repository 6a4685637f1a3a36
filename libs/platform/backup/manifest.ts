import { z } from 'zod';

/** The form of the archive; grows when an older program could not read it. */
export const BACKUP_FORMAT = 1;

const name = z.string().min(1).max(63);

const tableSchema = z.object({
  name,
  columns: z.array(name),
});

const schemaSchema = z.object({
  name,
  /** The role that owns it. */
  owner: name,
  steps: z.array(z.object({ name: z.string(), kind: z.enum(['expand', 'contract']), up: z.string() })),
  /** Those that others refer to come first. */
  tables: z.array(tableSchema),
  sequences: z.array(z.object({ name, value: z.string().regex(/^-?\d+$/), called: z.boolean() })),
});

/** The first entry of an archive: what was there, and how to make it again. */
export const manifestSchema = z.object({
  format: z.literal(BACKUP_FORMAT),
  /** Of the program that made it. */
  version: z.string(),
  /** ISO 8601: of the snapshot that all tables share. */
  at: z.string(),
  schemas: z.array(schemaSchema).min(1),
  /** Names of the secrets that the archive holds. */
  secrets: z.array(z.string()),
});

export type BackupManifest = z.infer<typeof manifestSchema>;
export type BackupSchema = z.infer<typeof schemaSchema>;

/** The last entry: without it an archive is cut. By "schema/table". */
export const checksumsSchema = z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() }));
export type BackupChecksums = z.infer<typeof checksumsSchema>;
