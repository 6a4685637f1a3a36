import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { CliContext } from '../context';
import { secretInArguments } from '../endpoints/secret-in-arguments';
import { readText } from '../files/read-text';

const FORMS = 'Write --secret NAME=@FILE, NAME=@- for stdin, NAME=env:VARIABLE, or NAME alone to be asked.';

/**
 * The secrets that `--secret` options name: `NAME=@FILE` (`@-`: stdin), `NAME=env:VARIABLE`, or `NAME`, which is asked for without showing it.
 * One line break at the end of a file is not part of it. Raises CLI_SECRET_IN_ARGS for a value on the command line, CLI_USAGE,
 * CLI_FILE_UNREADABLE.
 */
export async function readSecrets(
  context: CliContext,
  options: readonly string[],
  question: (name: string) => string,
): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for (const option of options) {
    const at = option.indexOf('=');
    const name = at < 0 ? option : option.slice(0, at);
    if (!/^[A-Za-z][A-Za-z0-9._-]*$/.test(name)) throw usage('That is no name of a secret.');
    const value = await readSecret(context, name, at < 0 ? undefined : option.slice(at + 1), question);
    if (value === '') throw usage(`The secret "${name}" is empty.`);
    secrets[name] = value;
  }
  return secrets;
}

async function readSecret(
  context: CliContext,
  name: string,
  from: string | undefined,
  question: (name: string) => string,
): Promise<string> {
  const { terminal, signal, env, cwd } = context;
  if (from === '@-') return withoutLineBreak(await terminal.readAll());
  if (from?.startsWith('@')) return withoutLineBreak(readText(resolve(cwd, from.slice(1)), FORMS));
  if (from?.startsWith('env:')) {
    const value = env[from.slice('env:'.length)];
    if (value) return value;
    throw usage(`The variable for the secret "${name}" is not set.`);
  }
  if (from !== undefined) throw secretInArguments(`--secret ${name}=…`, FORMS);
  if (!terminal.canAsk) throw usage('There is no terminal to ask for a secret.');
  return terminal.askHidden(question(name), signal);
}

const withoutLineBreak = (text: string): string => text.replace(/\r?\n$/, '');

function usage(message: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: FORMS });
}
