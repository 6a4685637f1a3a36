import { SmartantError } from '@smartant/kernel';
import { describeEntry } from '../schema/entry-statement';
import { renameSchemas, renameTables } from '../schema/rename-in-statement';
import type { EntryRecord } from '../schema/schema-record';
import { runBuildQueue, type BuildJob } from './build-queue';
import type { Build } from './restore-constraints';

export const FOREIGN_KEY = 'FK CONSTRAINT';
/** Rows that another statement may mend: they point to nothing, or break a check. */
const VIOLATION = /^23/;
const NOT_VALID = / NOT VALID;\s*$/;
const ENFORCED_OR_NOT = / NOT (?:VALID|ENFORCED);\s*$/;

/**
 * Adds foreign keys, one after the other and without a look at the rows, so that each takes no time and what is written from now on is checked.
 * A partitioned table's cannot be added so, and looks at once; it waits where rows are still missing.
 */
export async function addForeignKeys(build: Build): Promise<void> {
  const entries = build.entries.filter(({ kind, state }) => kind === FOREIGN_KEY && state !== 'left out');
  let done = 0;
  for await (const entry of build.record.withStatements(build.session, entries)) {
    if (entry.state === 'pending') await addOne(build, entry);
    done += 1;
    build.options.onProgress({ step: 'foreign-keys', done, total: entries.length, object: describeEntry(entry) });
  }
}

async function addOne(build: Build, entry: EntryRecord): Promise<void> {
  const { statement } = await build.record.statements(build.session, entry.id);
  const staysUnchecked = ENFORCED_OR_NOT.test(statement);
  const looksAtOnce = build.sizes.isPartitioned(build.tableOf(entry));
  if (looksAtOnce && !staysUnchecked && build.options.rowsAreMissing) return;
  if (staysUnchecked || looksAtOnce) return void (await build.restore(build.session, entry));
  const rewrite = (sql: string) => sql.replace(/;\s*$/, ' NOT VALID;\n');
  const { state } = await build.restore(build.session, entry, { rewrite, isUnchecked: true });
  if (state === 'done') entry.isChecked = false;
}

/** Validates what was added without a look at the rows, on several sessions. One that rows break stays as it is, with a finding. */
export async function validateConstraints(build: Build): Promise<void> {
  const entries = build.entries.filter(({ kind, state }) => kind === FOREIGN_KEY && state === 'done');
  const unchecked = entries.filter(({ isChecked }) => !isChecked);
  let done = entries.length - unchecked.length;
  const jobs = unchecked.map((entry): BuildJob => {
    const table = build.tableOf(entry);
    const run = async (worker: number) => {
      await validateOne(build, worker, entry);
      done += 1;
      build.options.onProgress({ step: 'validation', done, total: entries.length, object: describeEntry(entry) });
    };
    return { id: String(entry.id), after: [], table, isExclusive: true, weight: build.sizes.bytes(table), run };
  });
  await runBuildQueue(jobs, build.workers.length);
}

async function validateOne(build: Build, worker: number, entry: EntryRecord): Promise<void> {
  const session = build.workers[worker]!;
  const { statement } = await build.record.statements(session, entry.id);
  const sql = renameTables(renameSchemas(entry, validation(statement), build.renaming.schemas).sql, build.renaming.tables);
  try {
    await session.query(
      `${build.record.marking(entry.id, { isChecked: true }, { isChecked: false })};\n${sql}`,
      undefined,
      build.options.signal,
    );
    entry.isChecked = true;
  } catch (error) {
    if (!(error instanceof SmartantError) || error.kind === 'cancelled' || error.retryable) throw error;
    const now = await build.record.look(session, entry.id);
    if (now.isChecked) return;
    if (!VIOLATION.test(error.details['sqlState'] ?? '')) throw error;
    build.options.onFinding({
      severity: 'warning',
      code: 'SCHEMA_CONSTRAINT_NOT_VALID',
      subject: 'target',
      message: `The ${describeEntry(entry)} holds for new rows only, because rows that are there break it: ${error.message}`,
      hint: 'The source may have taken such rows while its triggers were off. Mend the rows, then ALTER TABLE … VALIDATE CONSTRAINT.',
    });
  }
}

/** From "ALTER TABLE ONLY a.b\n    ADD CONSTRAINT c FOREIGN KEY …". */
function validation(statement: string): string {
  const [, table = '', name = ''] =
    /^ALTER TABLE (?:ONLY )?([^]+?)\n {4}ADD CONSTRAINT ("(?:[^"]|"")+"|[^\s"]+) /.exec(statement.replace(NOT_VALID, ';')) ?? [];
  return `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`;
}
