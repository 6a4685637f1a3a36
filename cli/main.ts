import { homedir } from 'node:os';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import { CommanderError } from 'commander';
import { ClientTrace } from './api/client-trace';
import type { CliContext } from './context';
import { secretInArguments } from './endpoints/endpoint-url';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes';
import { messagesFor } from './messages/messages';
import { errorData, errorLines } from './output/error-lines';
import { Terminal } from './output/terminal';
import { buildProgram } from './program';

/** Runs the command line of this process, and sets its exit code. */
export async function main(): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort(new DOMException('Interrupted', 'AbortError'));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const { env, stdin, stdout, stderr } = process;
  // `smartant … | head` closes our output early: that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const terminal = new Terminal(stdin, stdout, stderr, env);
  const context: CliContext = {
    env,
    cwd: process.cwd(),
    homeDir: homedir(),
    terminal,
    messages: messagesFor(env),
    signal: interrupt.signal,
    fetch,
    trace: new ClientTrace(),
  };
  process.exitCode = await runCli(process.argv.slice(2), context);
  // An open keep-alive connection or stdin must not hold the process.
  stdout.write('', () => process.exit());
}

/** Runs one command line. Resolves with its exit code; errors are printed on stderr. */
export async function runCli(args: string[], context: CliContext): Promise<ExitCode> {
  try {
    refuseSecretOptions(args);
    const { program, runner } = buildProgram(context);
    await program.parseAsync(args, { from: 'user' });
    await tellTrace(args, false, context);
    return runner.exitCode;
  } catch (error) {
    if (isHelp(error)) return EXIT.ok;
    const readable = context.signal.aborted ? interrupted() : readableError(error);
    printError(readable, args, context);
    await tellTrace(args, true, context);
    return exitCodeOf(readable);
  }
}

/** With `--verbose` the id of what was done; an error tells its own. */
async function tellTrace(args: string[], failed: boolean, { trace, env, terminal, messages, fetch: send }: CliContext): Promise<void> {
  if (!trace?.isUsed) return;
  if (args.includes('--verbose') && !wantsJson(args)) terminal.note(messages.records.traceOf(trace.traceId));
  const words = args.slice(0, 2).filter((word) => /^[a-z][a-z-]{0,30}$/.test(word));
  await trace.tell(['smartant', ...words].join(' '), failed, env, send);
}

function printError(error: SmartantError, args: string[], { terminal, messages }: CliContext): void {
  if (wantsJson(args)) return terminal.note(JSON.stringify(errorData(error)));
  for (const line of errorLines(error, messages, terminal.colors)) terminal.note(line);
  if (error.code === 'INTERNAL_ERROR' && error.cause instanceof Error) terminal.note(error.cause.stack ?? error.cause.message);
}

function wantsJson(args: string[]): boolean {
  return args.some((arg, index) => /^(-o|--output=)json$/.test(arg) || (/^(-o|--output)$/.test(arg) && args[index + 1] === 'json'));
}

/** Help is an answer, not an error, unless it is shown because the command is incomplete. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

function readableError(error: unknown): SmartantError {
  if (!(error instanceof CommanderError)) return toSmartantError(error);
  const message =
    error.code === 'commander.help' ? 'A command is missing or incomplete.' : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: 'Add --help to see how a command is used.' });
}

function interrupted(): SmartantError {
  return new SmartantError('CLI_INTERRUPTED', 'Interrupted.', {
    kind: 'cancelled',
    hint: 'See "smartant migration list" for what goes on at the server.',
  });
}

const SECRET_OPTION = /^--?[a-z0-9-]*(secret|password|passwd|token|access-key|api-key|credential)[a-z0-9-]*(=|$)/i;

/** Options that other tools take secrets by: refused with the safe way, before anything repeats their value. */
function refuseSecretOptions(args: string[]): void {
  // Those of channels say where a secret is, or its name, and refuse a value themselves.
  const namesSecrets = args.includes('channel') && (args.includes('create') || args.includes('update'));
  const isName = (arg: string) => namesSecrets && /^--(remove-)?secret(=|$)/.test(arg);
  const found = args.find((arg) => SECRET_OPTION.test(arg) && !/-(stdin$|file(=|$))/.test(arg) && !isName(arg));
  if (found) throw secretInArguments(`the option ${found.replace(/=.*$/s, '')}`);
}
