import { join } from 'node:path';
import { requestRollover } from '@smartant/platform/tls';
import type { Command } from 'commander';
import { findDataFolder } from '../backup/data-folder';
import type { Invocation, Runner } from '../invocation';

/** admin replace-authority. */
export function addAuthorityCommand(admin: Command, runner: Runner): void {
  admin
    .command('replace-authority')
    .description(runner.context.messages.help.adminReplaceAuthority)
    .action(runner.action(replaceAuthority));
}

/** Asks the supervisor of npm start, which alone writes its authority. */
async function replaceAuthority({ context, printer, messages }: Invocation): Promise<void> {
  const folder = join(findDataFolder(context), 'secrets', 'tls');
  requestRollover(folder);
  printer.done({ requested: folder }, messages.authorityRequested);
}
