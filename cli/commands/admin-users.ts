import type { Command } from 'commander';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';

/** admin reset-second-factor. */
export function addUserCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  admin
    .command('reset-second-factor <user>')
    .description(help.adminResetSecondFactor)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(resetSecondFactor));
}

async function resetSecondFactor(invocation: Invocation, user: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  if (!(await invocation.confirm(messages.asksResetSecondFactor(user), options))) return;
  await api.account.resetSecondFactor(user);
  printer.done({ reset: user }, messages.secondFactorReset(user));
}
