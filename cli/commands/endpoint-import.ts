import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { csvEntries } from '../endpoints/import/csv-entries';
import { documentEntries } from '../endpoints/import/document-entries';
import { entryEndpoint } from '../endpoints/import/entry-endpoint';
import { parseSecrets } from '../endpoints/import/entry-secret';
import { EntryImport } from '../endpoints/import/import-entries';
import type { ImportEntry } from '../endpoints/import/import-fields';
import { ImportReport } from '../endpoints/import/import-report';
import { orderedWork } from '../endpoints/import/ordered-work';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Invocation } from '../invocation';
import { readPrivateJson } from '../session/private-file';

export interface BulkImportOptions {
  dryRun?: boolean;
  keysFile?: string;
  concurrency?: string;
}

/** The server serves these beside everybody else's requests; more would only wait there. */
const DEFAULT_AT_ONCE = 8;
const MOST_AT_ONCE = 32;

/** Whether a file is a list of endpoints and no rclone.conf. */
export const isEndpointList = (file: string): boolean => /\.(csv|json|ya?ml)$/i.test(file);

/**
 * Saves a list of endpoints, entry by entry. A bad entry is reported and the others go on; the same command again makes only what is
 * missing. One request an entry, and no call for all of them: so each has its own permission check, idempotency, audit fact and turn.
 */
export async function importEndpointList(invocation: Invocation, file: string, options: BulkImportOptions): Promise<ExitCode> {
  const { api, context, printer } = invocation;
  const atOnce = readAtOnce(options.concurrency);
  const secretsPath = options.keysFile === undefined ? undefined : resolve(context.cwd, options.keysFile);
  const secrets = secretsPath === undefined ? new Map<string, never>() : parseSecrets(secretsPath, readPrivateJson(secretsPath));
  const entries = entriesOf(resolve(context.cwd, file));
  const toEndpoint = (fields: Parameters<typeof entryEndpoint>[1]) => entryEndpoint(context, fields, secrets);
  const run = await EntryImport.begin({ api, dryRun: options.dryRun === true, toEndpoint });
  const report = new ImportReport(context, printer.format);
  for await (const result of orderedWork(entries, atOnce, (entry) => run.take(entry))) {
    if (result) report.add(result);
    if (run.fatal || context.signal.aborted) break;
  }
  report.end();
  if (run.fatal) throw run.fatal;
  context.signal.throwIfAborted();
  return report.counts.failed > 0 ? EXIT.failed : EXIT.ok;
}

function entriesOf(path: string): AsyncIterable<ImportEntry> | Iterable<ImportEntry> {
  return /\.csv$/i.test(path) ? csvEntries(path) : documentEntries(path, /\.json$/i.test(path));
}

function readAtOnce(text: string | undefined): number {
  if (text === undefined) return DEFAULT_AT_ONCE;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_AT_ONCE) return count;
  throw new SmartantError('CLI_USAGE', `"${text}" is not a number of requests at once.`, {
    kind: 'invalid',
    hint: `Give 1 to ${MOST_AT_ONCE}.`,
  });
}
