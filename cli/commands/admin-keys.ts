import type { Command } from 'commander';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';
import type { SigningKey } from '../api/account-api';

/** admin keys list, rotate. */
export function addKeyCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const keys = admin.command('keys').description(help.adminKeys);
  keys.command('list').alias('ls').description(help.adminKeysList).action(runner.action(list));
  keys
    .command('rotate')
    .description(help.adminKeysRotate)
    .option('--at-once', help.adminKeysAtOnce)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(rotate));
}

async function list(invocation: Invocation): Promise<void> {
  show(invocation, await invocation.api.account.signingKeys());
}

/** Only what makes every token useless at once is asked about. */
async function rotate(invocation: Invocation, options: DestructiveOptions & { atOnce?: boolean }): Promise<void> {
  const { api, messages } = invocation;
  const atOnce = options.atOnce === true;
  const asked = { ...options, yes: options.yes === true || !atOnce };
  if (!(await invocation.confirm(atOnce ? messages.asksRotateAtOnce : messages.asksRotate, asked))) return;
  show(invocation, await api.account.rotateSigningKey(atOnce));
}

function show({ printer, messages }: Invocation, keys: SigningKey[]): void {
  const { columns } = messages;
  printer.list(
    keys,
    [
      { heading: columns.key, value: ({ kid }) => kid },
      { heading: columns.state, value: ({ state }) => messages.signingKeyStates[state] },
      { heading: columns.signsFrom, value: ({ activatesAt }) => localTime(activatesAt) },
      { heading: columns.honouredUntil, value: ({ retiresAt }) => (retiresAt === null ? '–' : localTime(retiresAt)) },
    ],
    messages.nothing.keys,
  );
}
