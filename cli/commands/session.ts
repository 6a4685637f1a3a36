import type { Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';

/** session list, revoke. */
export function addSessionCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const session = program.command('session').description(help.session);
  session.command('list').alias('ls').description(help.sessionList).action(runner.action(listSessions));
  session.command('revoke <id>').description(help.sessionRevoke).action(runner.action(revokeSession));
}

async function listSessions({ account, printer, messages }: Invocation): Promise<void> {
  const { columns, labels } = messages;
  printer.list(
    await account.sessions(),
    [
      { heading: columns.id, value: ({ id }) => id },
      { heading: columns.address, value: ({ address }) => address },
      { heading: columns.program, value: ({ userAgent }) => userAgent ?? '–' },
      { heading: columns.lastUsed, value: ({ lastUsedAt }) => localTime(lastUsedAt) },
      { heading: columns.ends, value: ({ idleUntil }) => localTime(idleUntil) },
      { heading: columns.here, value: ({ current }) => (current ? labels.yes : '') },
      { heading: columns.method, value: ({ method }) => method, wide: true },
      { heading: columns.created, value: ({ createdAt }) => localTime(createdAt), wide: true },
    ],
    messages.nothing.sessions,
  );
}

async function revokeSession({ account, printer, messages }: Invocation, id: string): Promise<void> {
  await account.endSession(id);
  printer.done({ ended: id }, messages.sessionEnded(id));
}
