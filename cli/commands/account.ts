import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { CliContext } from '../context';
import type { Invocation, Runner } from '../invocation';
import { addSecondFactorCommands } from './account-second-factor';

interface PasswordOptions {
  passwordsStdin?: boolean;
}

/** What users do with their own accounts: account password, second-factor. */
export function addAccountCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const account = program.command('account').description(help.account);
  account
    .command('password')
    .description(help.accountPassword)
    .option('--passwords-stdin', help.passwordsStdin)
    .action(runner.action(changePassword));
  addSecondFactorCommands(account, runner);
}

async function changePassword(invocation: Invocation, options: PasswordOptions): Promise<void> {
  const { account, context, printer, messages } = invocation;
  const [currentPassword, newPassword] = options.passwordsStdin ? await readPasswords(context) : await askPasswords(context);
  await account.changePassword({ currentPassword, newPassword });
  printer.done({ changed: true }, messages.passwordChanged);
}

async function readPasswords({ terminal }: CliContext): Promise<[string, string]> {
  const [current = '', next = ''] = (await terminal.readAll()).split(/\r?\n/);
  return [current, next];
}

async function askPasswords({ terminal, messages, signal }: CliContext): Promise<[string, string]> {
  if (!terminal.canAsk) throw usage('There is no terminal to ask for passwords.', 'Pipe both in, each on its line: --passwords-stdin.');
  const current = await terminal.askHidden(messages.askCurrentPassword, signal);
  const next = await terminal.askHidden(messages.askNewPassword, signal);
  if ((await terminal.askHidden(messages.askNewPasswordAgain, signal)) === next) return [current, next];
  throw usage('The two new passwords differ.', 'Nothing was changed. Try again.');
}

function usage(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint });
}
