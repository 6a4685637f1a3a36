import { parseDuration, SmartantError, type FieldError } from '@smartant/kernel';
import { isAlias, isScalar, parseAllDocuments, visit } from 'yaml';
import { z } from 'zod';
import { parseBandwidth, parseSize } from '../endpoints/size';
import { databaseManifest } from './database-manifest';
import { hostManifest } from './host-manifest';

/** A YAML value that one of our parsers reads; its message becomes the field's. */
const parsedText = (parse: (text: string) => number) =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    try {
      return parse(String(value));
    } catch (error) {
      const hint = error instanceof SmartantError ? (error.hint ?? error.message) : 'cannot be read';
      context.addIssue({ code: 'custom', message: hint });
      return z.NEVER;
    }
  });

const bytes = (field: string) => parsedText((text) => parseSize(/^\d+$/.test(text) ? `${text}B` : text, field));
const count = z.number().int().nonnegative();
const globs = z.array(z.string().min(1));
const endpoint = z.string().min(1).describe('As on the command line: a URL or the name of a saved endpoint.');

const rates = {
  bandwidth: parsedText((text) => parseBandwidth(text, 'bandwidth')).optional(),
  requestsPerSecond: count.optional(),
  concurrency: count.optional(),
};
/** As the server keeps it: what is left out is not limited. */
const allRates = z.strictObject(rates).transform(({ bandwidth = 0, requestsPerSecond = 0, concurrency = 0 }) => ({
  bytesPerSecond: bandwidth,
  requestsPerSecond,
  concurrency,
}));
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of the clock such as 22:00');
const calendar = z.strictObject({
  timeZone: z.string().min(1),
  windows: z
    .array(
      z.strictObject({
        days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).min(1),
        from: time,
        to: time,
        limits: allRates.optional(),
      }),
    )
    .min(1),
  outside: z.union([z.literal('stop'), allRates]).default('stop'),
});

const migrationSchema = z.strictObject({
  apiVersion: z.literal('smartant.io/v1'),
  kind: z.literal('Migration'),
  metadata: z.strictObject({ name: z.string().min(1).max(100) }),
  spec: z.strictObject({
    source: endpoint,
    target: endpoint,
    database: databaseManifest.optional(),
    host: hostManifest.optional(),
    storage: z
      .strictObject({
        include: globs.optional(),
        exclude: globs.optional(),
        filesFrom: z.array(z.string().min(1)).min(1).optional(),
        minSize: bytes('minSize').optional(),
        maxSize: bytes('maxSize').optional(),
        deletePolicy: z.enum(['keep', 'propagate']).optional(),
        maxDeletes: count.optional(),
        symlinks: z.enum(['skip', 'follow']).optional(),
        directoryMarkers: z.boolean().optional(),
        verify: z.enum(['content', 'checksum', 'inventory']).optional(),
        quarantineCap: count.optional(),
        partSize: bytes('partSize').optional(),
      })
      .default({}),
    limits: z.strictObject({ ...rates, calendar: calendar.nullable().optional() }).default({}),
    priority: z.number().int().min(1).max(9).optional(),
    cutover: z
      .strictObject({
        mode: z.enum(['automatic', 'manual']).optional(),
        sourceFrozen: z.boolean().optional(),
        finalize: z.enum(['automatic', 'manual']).optional(),
      })
      .default({}),
    incrementalInterval: parsedText((text) => Math.round(parseDuration(text) / 1_000)).optional(),
  }),
});

export type MigrationManifest = z.infer<typeof migrationSchema>;

/**
 * Reads the manifests of a YAML text, several documents allowed. Every mistake is listed at once with its path, and
 * fields that are not known are refused. Raises CLI_MANIFEST_INVALID.
 */
export function readManifests(text: string): MigrationManifest[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  const filled = (Array.isArray(documents) ? documents : []).filter(
    ({ contents }) => contents !== null && !(isScalar(contents) && contents.value === null),
  );
  if (filled.length === 0) throw invalid([{ field: '', message: 'there is no manifest in it' }]);
  const problems: FieldError[] = [];
  const manifests: MigrationManifest[] = [];
  filled.forEach((document, index) => {
    const at = filled.length > 1 ? `[${index}].` : '';
    problems.push(...document.errors.map(({ message }) => ({ field: at.replace(/\.$/, ''), message: message.split('\n')[0] ?? message })));
    // Aliases can blow a small file up into a huge one, and manifests have no need of them.
    visit(document, {
      Node: (_key, node) => void (isAlias(node) && problems.push({ field: at, message: 'aliases (*name) are not allowed' })),
    });
    if (problems.length > 0) return;
    const parsed = migrationSchema.safeParse(document.toJS());
    if (parsed.success) manifests.push(parsed.data);
    else problems.push(...parsed.error.issues.flatMap((issue) => describeIssue(issue, at)));
  });
  if (problems.length > 0) throw invalid(problems);
  return manifests;
}

/** One line an unknown field, instead of one for all of an object. */
function describeIssue(issue: z.core.$ZodIssue, at: string): FieldError[] {
  const path = `${at}${issue.path.join('.')}`;
  if (issue.code !== 'unrecognized_keys') return [{ field: path, message: issue.message }];
  return issue.keys.map((key) => ({ field: [path, key].filter(Boolean).join('.'), message: 'is not a known field' }));
}

function invalid(fields: FieldError[]): SmartantError {
  return new SmartantError('CLI_MANIFEST_INVALID', `The manifest has ${fields.length} mistake${fields.length === 1 ? '' : 's'}.`, {
    kind: 'invalid',
    fields,
    hint: 'See docs/guides/manifests.md for all fields. Nothing was changed.',
  });
}
