import type { Command } from 'commander';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';

/** user list, disable, enable: for administrators. */
export function addUserCommands(program: Command, runner: Runner): void {
  const { help, tenancy } = runner.context.messages;
  const user = program.command('user').description(tenancy.help.users);
  user.command('list').alias('ls').description(tenancy.help.userList).action(runner.action(listUsers));
  user
    .command('disable <user>')
    .description(tenancy.help.userDisable)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(disableUser));
  user.command('enable <user>').description(tenancy.help.userEnable).action(runner.action(enableUser));
}

async function listUsers({ api, printer, messages }: Invocation): Promise<void> {
  const { columns, labels, tenancy } = messages;
  printer.list(
    await api.tenancy.users(),
    [
      { heading: columns.name, value: ({ username }) => username },
      { heading: tenancy.columns.admin, value: ({ platformAdmin }) => (platformAdmin ? labels.yes : '') },
      { heading: columns.state, value: ({ disabled }) => (disabled ? tenancy.disabled : tenancy.enabled) },
      { heading: tenancy.columns.workspaces, value: ({ workspaces }) => workspaces.map(({ name, role }) => `${name}:${role}`).join(' ') },
      { heading: columns.created, value: ({ createdAt }) => localTime(createdAt), wide: true },
      { heading: columns.id, value: ({ id }) => id, wide: true },
    ],
    tenancy.noUsers,
  );
}

async function disableUser(invocation: Invocation, user: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  if (!(await invocation.confirm(messages.tenancy.asksDisableUser(user), options))) return;
  printer.done(await api.tenancy.setUserDisabled(user, true), messages.tenancy.nowDisabled(user));
}

async function enableUser({ api, printer, messages }: Invocation, user: string): Promise<void> {
  printer.done(await api.tenancy.setUserDisabled(user, false), messages.tenancy.nowEnabled(user));
}
