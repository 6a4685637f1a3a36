import { toSmartantError } from '@smartant/kernel';
import { redactText } from '@smartant/platform/logging';

/** How a service's process ends. Supervisors restart on `crashed`, and need not try again on `badConfiguration`. */
export const exitCodes = {
  stopped: 0,
  startFailed: 1,
  crashed: 70,
  shutdownTimedOut: 75,
  badConfiguration: 78,
  interruptedTwice: 130,
} as const;

/** Prints `CODE: message` and the hint on standard error, as an operator wants to read it, and gives the exit code. */
export function reportFatal(name: string, error: unknown): number {
  const known = toSmartantError(error);
  const lines = [`${name}: ${known.code}: ${known.message}`];
  if (known.code === 'INTERNAL_ERROR') lines.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (known.hint !== undefined) lines.push(`hint: ${known.hint}`);
  process.stderr.write(`${redactText(lines.join('\n'))}\n`);
  return known.code === 'CONFIG_INVALID' ? exitCodes.badConfiguration : exitCodes.startFailed;
}

/** The value of `fn`; when it throws, the error is reported on standard error and the process ends. For `main.ts`, before there is a logger. */
export function orExit<T>(name: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    process.exit(reportFatal(name, error));
  }
}
