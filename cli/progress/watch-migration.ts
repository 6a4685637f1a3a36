import type { Api, Finding, Migration } from '../api/api';
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import { nextSteps, verificationLines } from '../output/migration-view';
import { findingLines } from '../output/finding-lines';
import { errorLines } from '../output/error-lines';
import type { Printer } from '../output/printer';
import { SmartantError } from '@smartant/kernel';
import { Advice } from './advice';
import { follow } from './follow';
import { isCutOverDatabase, outcomeOf } from './outcome';
import { openProgressDisplay } from './progress-display';

/** Shows a migration until it ends, then its outcome. Ctrl-C ends the showing alone. Resolves with the exit code. */
export async function watchMigration(context: CliContext, api: Api, printer: Printer, id: string): Promise<ExitCode> {
  const display = openProgressDisplay(context, printer.structured);
  const advice = new Advice(context.messages, (line) => display.say(line));
  const told = new Set<string>();
  /** Each once; what to do is told of those that stop the migration, the rest is in "migration show". */
  const tell = (finding: Finding): void => {
    const { severity, code, subject, message } = finding;
    const key = `${code} ${subject} ${message}`;
    if (told.has(key)) return;
    told.add(key);
    const [line, ...rest] = findingLines([finding], context.messages, context.terminal.colors);
    display.say(line ?? '');
    if (severity === 'blocker') rest.forEach((each) => display.say(each));
  };
  let began: Migration['phase'] | undefined;
  try {
    const migration = await follow(api, id, {
      signal: context.signal,
      onLost: () => display.say(context.messages.reconnecting),
      onUpdate: (update) => {
        began ??= update.migration.phase;
        const { over } = outcomeOf(update.migration);
        // Who begins to watch a stream back wants to see it go on.
        const goesOn = began === 'reversible' && update.migration.status === 'running' && isCutOverDatabase(update.migration);
        for (const finding of update.migration.findings) {
          tell(finding);
        }
        if (!over || goesOn) {
          display.update(update);
          advice.update(update.migration);
        }
        return over && !goesOn;
      },
    });
    display.close();
    return printOutcome(context, printer, migration);
  } catch (error) {
    display.close();
    if (!context.signal.aborted) throw error;
    context.terminal.note(context.messages.detached(id));
    return EXIT.cancelled;
  }
}

function printOutcome(context: CliContext, printer: Printer, migration: Migration): ExitCode {
  const { messages, terminal } = context;
  const outcome = outcomeOf(migration);
  const exitCode = outcome.over ? outcome.exitCode : EXIT.failed;
  const ended = migration.status === 'succeeded' || migration.status === 'cancelled' || migration.status === 'failed';
  printer.one(migration, () => [
    ...(ended ? [messages.ended[migration.status as 'succeeded' | 'cancelled' | 'failed']] : []),
    ...verificationLines(migration, messages, terminal.colors),
  ]);
  if (migration.error && exitCode !== EXIT.ok) {
    const { code, message, hint } = migration.error;
    for (const line of errorLines(new SmartantError(code, message, { kind: 'internal', hint }), messages, terminal.colors))
      terminal.note(line);
  }
  for (const step of nextSteps(migration, messages)) terminal.note(step);
  return exitCode;
}
