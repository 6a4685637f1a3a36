import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { DestructiveOptions, Invocation, Runner } from '../invocation';
import { printable } from '../output/table';

/** root add, list, rm. */
export function addRootCommands(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const root = program.command('root').description(help.root_);
  root.command('add <name> <path>').description(help.rootAdd).action(runner.action(addRoot));
  root.command('list').alias('ls').description(help.rootList).action(runner.action(listRoots));
  root
    .command('rm <name>')
    .description(help.rootRm)
    .option('--yes', help.yes)
    .option('--dry-run', help.dryRun)
    .action(runner.action(removeRoot));
}

async function addRoot({ api, context, printer, messages, session }: Invocation, name: string, path: string): Promise<void> {
  const root = await api.platform.addFileRoot({ name, path: resolve(context.cwd, path) });
  printer.done(root, messages.rootAdded(root.name, root.path));
  if (isLoopback(session.url) && !isDirectory(root.path)) context.terminal.note(messages.rootNotHere(printable(root.path)));
}

/** Behind such an address there is usually the embedded mode, whose migrator sees the same disk; but it may be a forwarded port. */
function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

/** True also where this user may not look: the migrator may. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return true;
  }
}

async function listRoots({ api, printer, messages }: Invocation): Promise<void> {
  const { columns } = messages;
  printer.list(
    await api.platform.fileRoots(),
    [
      { heading: columns.name, value: ({ name }) => name },
      { heading: columns.path, value: ({ path }) => path },
    ],
    messages.nothing.roots,
  );
}

async function removeRoot(invocation: Invocation, name: string, options: DestructiveOptions): Promise<void> {
  const { api, printer, messages } = invocation;
  if (!(await api.platform.fileRoots()).some((root) => root.name === name)) {
    throw new SmartantError('CLI_ROOT_NOT_FOUND', `There is no file root "${name}".`, {
      kind: 'not-found',
      hint: 'See "smartant root list".',
    });
  }
  if (!(await invocation.confirm(messages.removeRoot(name), options))) return;
  await api.platform.removeFileRoot(name);
  printer.done({ removed: name }, messages.rootRemoved(name));
}
