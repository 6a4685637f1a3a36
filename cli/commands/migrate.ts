import { formatBytes } from '@smartant/kernel';
import type { Command } from 'commander';
import type { CreateMigration, PrecheckResult } from '../api/api';
import { kindOf } from '../endpoints/migration-kind';
import type { CliContext } from '../context';
import type { Side } from '../endpoints/credentials';
import { networkOptionsOf, readNetwork } from '../endpoints/network-options';
import { resolveEndpoint } from '../endpoints/resolve-endpoint';
import { EXIT, type ExitCode } from '../exit-codes';
import type { Invocation, Runner } from '../invocation';
import type { Messages } from '../messages/messages';
import { isDatabase } from '../output/database-view';
import { findingLines } from '../output/finding-lines';
import { groupDigits } from '../output/numbers';
import { watchMigration } from '../progress/watch-migration';
import { collect } from './collect';
import { trustHostKeys } from '../endpoints/trust-host-keys';
import { countedText, isHost, layoutLines } from '../output/host-view';
import { addDatabaseOptions } from './database-options';
import { addHostOptions } from './host-options';
import { addLimitOptions } from './limit-options';
import { addSideNetworkOptions } from './network-options';
import { readSpec, type MigrateOptions } from './migrate-options';

/** migrate SRC DST. */
export function addMigrateCommand(program: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const command = program
    .command('migrate <src> <dst>')
    .description(help.migrate)
    .option('--include <glob>', help.include, collect)
    .option('--exclude <glob>', help.exclude, collect)
    .option('--files-from <file>', help.filesFrom)
    .option('--min-size <size>', help.minSize)
    .option('--max-size <size>', help.maxSize);
  addDatabaseOptions(addLimitOptions(command, runner.context.messages), runner.context.messages);
  addHostOptions(command, runner.context.messages)
    .option('--priority <n>', help.priority)
    .option('-n, --dry-run', help.migrateDryRun)
    .option('--delete', help.delete)
    .option('--no-delete', help.noDelete)
    .option('--max-delete <n>', help.maxDelete)
    .option('--copy-links', help.copyLinks)
    .option('--no-directory-markers', help.noDirectoryMarkers)
    .option('--part-size <size>', help.partSize)
    .option('--quarantine-cap <n>', help.quarantineCap)
    .option('--verify <level>', help.verify)
    .option('--name <name>', help.name)
    .option('--frozen', help.frozen)
    .option('--auto-cutover', help.autoCutover)
    .option('--auto-finalize', help.autoFinalize)
    .option('-w, --watch', help.watch)
    .option('-y, --yes', help.migrateYes)
    .addHelpText('after', `\n${help.endpointForms}`);
  addSideNetworkOptions(command, runner.context.messages).action(runner.action(migrate));
}

async function migrate(invocation: Invocation, src: string, dst: string, options: MigrateOptions): Promise<ExitCode | void> {
  const { api, context, printer } = invocation;
  const kind = await kindOf(context, api, src, dst);
  const spec = await readSpec(context, kind, options);
  const [toSource, toTarget] = [reachedBy(context, options, 'source'), reachedBy(context, options, 'target')];
  const source = await resolveEndpoint(context, api, src, 'source', {
    ...toSource,
    passwordFile: options.sourcePasswordFile,
    identity: options.sourceIdentity,
    hostKeys: options.sourceHostKey,
  });
  const target = await resolveEndpoint(context, api, dst, 'target', {
    ...toTarget,
    passwordFile: options.targetPasswordFile,
    identity: options.targetIdentity,
    hostKeys: options.targetHostKey,
  });
  const wanted: CreateMigration = { ...(options.name ? { name: options.name } : {}), source, target, spec };
  const request = kind === 'host' ? await trustHostKeys(invocation, wanted) : wanted;
  if (options.dryRun) return precheck(invocation, request);
  const { id } = await createAndTell(invocation, request, options);
  if (options.watch || options.yes) return watchMigration(context, api, printer, id);
}

const reachedBy = (context: CliContext, options: MigrateOptions, side: Side) => readNetwork(context, networkOptionsOf(options, side), side);

async function createAndTell({ api, context, printer, messages }: Invocation, request: CreateMigration, options: MigrateOptions) {
  const migration = await api.createMigration(request);
  const followed = options.watch || options.yes;
  if (followed) context.terminal.note(messages.created(migration.id));
  else {
    printer.one(migration, () => [messages.created(migration.id), messages.follow(migration.id), messages.cutOverLater(migration.id)]);
  }
  return migration;
}

function estimateLine(request: CreateMigration, { objects, bytes, complete }: PrecheckResult['estimate'], messages: Messages): string {
  const [count, size] = [groupDigits(objects), formatBytes(bytes)];
  if (isDatabase(request)) return messages.database.estimate(count, size);
  return isHost(request)
    ? messages.hosts.estimate(countedText(request, objects, messages.hosts), size)
    : messages.estimate(count, size, complete);
}

/** `--dry-run`: what the server would refuse, and how much there is. */
export async function precheck({ api, context, printer, messages }: Invocation, request: CreateMigration): Promise<ExitCode> {
  const { findings, estimate, layout } = await api.validateMigration(request);
  const { colors } = context.terminal;
  const blockers = findings.filter(({ severity }) => severity === 'blocker').length;
  printer.one({ findings, estimate, ...(layout ? { layout } : {}) }, () => [
    ...findingLines(findings, messages, colors),
    ...(layout ? layoutLines(layout, messages) : []),
    estimateLine(request, estimate, messages),
    blockers > 0 ? colors.red(messages.precheckBlocked(blockers)) : colors.green(messages.precheckPassed),
  ]);
  return blockers > 0 ? EXIT.failed : EXIT.ok;
}
