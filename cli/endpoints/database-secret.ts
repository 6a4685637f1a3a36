import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { EndpointSecret } from '../api/api';
import type { CliContext } from '../context';
import { readPrivateText } from '../session/private-file';
import type { Side } from './credentials';
import { postgresPlace, type PostgresTarget } from './postgres-url';

/**
 * The password of a database's user, in this order: the named file (mode 0600); SMARTANT_SOURCE_PASSWORD or SMARTANT_TARGET_PASSWORD;
 * PGPASSWORD; what is typed at a terminal. An empty one, or nobody to ask: none, for servers that ask for none.
 * Raises CLI_FILE_NOT_PRIVATE, CLI_FILE_UNREADABLE.
 */
export async function findDatabaseSecret(
  context: CliContext,
  side: Side | undefined,
  target: PostgresTarget,
  passwordFile: string | undefined,
): Promise<EndpointSecret> {
  const password =
    passwordFile === undefined
      ? (fromEnvironment(context.env, side) ?? (await ask(context, target)))
      : readPasswordFile(resolve(context.cwd, passwordFile));
  return password === '' ? { kind: 'none' } : { kind: 'password', password };
}

function fromEnvironment(env: CliContext['env'], side: Side | undefined): string | undefined {
  return (side && env[`SMARTANT_${side.toUpperCase()}_PASSWORD`]) ?? env['PGPASSWORD'];
}

/** One line; its line break is none of the password's. */
function readPasswordFile(path: string): string {
  const text = readPrivateText(path)?.replace(/\r?\n$/, '');
  if (text) return text;
  const message = text === undefined ? `There is no file ${path}.` : `${path} holds no password.`;
  throw new SmartantError('CLI_FILE_UNREADABLE', message, {
    kind: 'invalid',
    hint: 'Write the password alone into it, with mode 0600.',
  });
}

async function ask({ terminal, messages, signal }: CliContext, target: PostgresTarget): Promise<string> {
  return terminal.canAsk ? terminal.askHidden(messages.database.askPassword(postgresPlace(target)), signal) : '';
}
