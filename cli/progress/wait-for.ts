import { parseDuration, SmartantError } from '@smartant/kernel';
import type { Migration } from '../api/api';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Invocation } from '../invocation';
import { follow } from './follow';
import { isVerified, outcomeOf } from './outcome';

export interface WaitOptions {
  for: string;
  timeout?: string;
}

const PHASES: Migration['phase'][] = [
  'precheck',
  'prepare',
  'full',
  'incremental',
  'cutover',
  'reversible',
  'finalize',
  'rollback',
  'done',
];
const STATUSES: Migration['status'][] = ['pending', 'running', 'waiting', 'paused', 'failed', 'succeeded', 'cancelled'];

/** Waits without a display. Resolves with 0 when the condition came true, else with what the migration ended with; raises CLI_WAIT_TIMEOUT. */
export async function waitFor({ api, context, printer, messages }: Invocation, id: string, options: WaitOptions): Promise<ExitCode> {
  const holds = readCondition(options.for);
  const timeout = options.timeout === undefined ? undefined : AbortSignal.timeout(parseDuration(options.timeout));
  const signal = timeout ? AbortSignal.any([context.signal, timeout]) : context.signal;
  await api.migration(id);
  const ended = follow(api, id, {
    signal,
    onLost: () => undefined,
    onUpdate: ({ migration }) => holds(migration) || outcomeOf(migration).over,
  });
  const migration = await Promise.race([ended, aborted(signal)]).catch((error: unknown) => {
    if (timeout?.aborted && !context.signal.aborted) throw timedOut(id, options);
    throw error;
  });
  if (holds(migration)) {
    printer.done(migration, messages.reached(id, options.for));
    return EXIT.ok;
  }
  const outcome = outcomeOf(migration);
  throw new SmartantError('CLI_WAIT_IN_VAIN', `${id} is ${migration.phase}/${migration.status} and will not reach ${options.for}.`, {
    kind: outcome.over && outcome.exitCode === EXIT.cancelled ? 'cancelled' : 'precondition',
    hint: `See "smartant migration show ${id}".`,
  });
}

/** A phase (reached or passed), a status, `phase/status`, or `verified`. Raises CLI_USAGE. */
function readCondition(text: string): (migration: Migration) => boolean {
  const phase = PHASES.find((each) => each === text);
  if (phase === 'done') return (migration) => migration.phase === 'done' && migration.status === 'succeeded';
  if (phase) return (migration) => PHASES.indexOf(migration.phase) >= PHASES.indexOf(phase);
  const status = STATUSES.find((each) => each === text);
  if (status) return (migration) => migration.status === status;
  if (text === 'verified') return isVerified;
  const [inPhase, withStatus] = text.split('/');
  if (PHASES.some((each) => each === inPhase) && STATUSES.some((each) => each === withStatus)) {
    return (migration) => migration.phase === inPhase && migration.status === withStatus;
  }
  throw new SmartantError('CLI_USAGE', `--for "${text}" is not a condition.`, {
    kind: 'invalid',
    hint: `Use verified, a phase (${PHASES.join(', ')}), a status (${STATUSES.join(', ')}), or phase/status.`,
  });
}

/** A stream that is silent must not outlast the signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function timedOut(id: string, options: WaitOptions): SmartantError {
  return new SmartantError('CLI_WAIT_TIMEOUT', `${id} did not reach ${options.for} within ${options.timeout}.`, {
    kind: 'timeout',
    retry: { kind: 'backoff' },
    hint: 'The migration goes on; wait again, or longer.',
  });
}
