import { Command } from 'commander';
import { addAlertCommands } from './commands/alert';
import { addChannelCommands } from './commands/channel';
import { addDeliveryCommands } from './commands/delivery';
import { addRouteCommands } from './commands/route';
import { addSilenceCommands } from './commands/silence';
import { addTemplateCommands } from './commands/template';
import { addAccountCommands } from './commands/account';
import { addAdminCommands } from './commands/admin';
import { addAlertRuleCommands } from './commands/alert-rule';
import { addApplyCommand } from './commands/apply';
import { addAuditCommands } from './commands/audit';
import { addCompletionCommand } from './commands/completion';
import { addEndpointCommands } from './commands/endpoint';
import { addIdentityCommands } from './commands/identity';
import { addInvitationCommands } from './commands/invitation';
import { addMemberCommands } from './commands/member';
import { addHostsCommand } from './commands/hosts';
import { addMigrateCommand } from './commands/migrate';
import { addMigrationActionCommands } from './commands/migration-actions';
import { addMigrationFixCommand } from './commands/migration-fix';
import { addMigrationTableCommands } from './commands/migration-tables';
import { addMigrationCheckCommands } from './commands/migration-checks';
import { addMigrationImageCommands } from './commands/migration-images';
import { addMigrationCommands } from './commands/migration';
import { addReportCommands } from './commands/report';
import { addRootCommands } from './commands/root';
import { addServiceAccountCommands } from './commands/service-account';
import { addSessionCommands } from './commands/session';
import { addLogsCommand } from './commands/logs';
import { addTraceCommands } from './commands/trace';
import { addUserCommands } from './commands/user';
import { addWorkspaceCommands } from './commands/workspace';
import type { CliContext } from './context';
import { Runner } from './invocation';
import { version } from './version';

/** The command tree, bound to one outside world. */
export function buildProgram(context: CliContext): { program: Command; runner: Runner } {
  const { help } = context.messages;
  const runner = new Runner(context);
  const program = new Command('smartant')
    .description(help.root)
    .option('-o, --output <format>', help.output, 'table')
    .option('--workspace <name>', help.workspace)
    .option('--verbose', context.messages.records.help.verbose)
    .version(version, '-V, --version', help.version)
    .helpOption('-h, --help', help.help)
    .helpCommand('help [command]', help.helpCommand)
    .addHelpText('after', `\n${help.exitCodes}`);
  addMigrateCommand(program, runner);
  addHostsCommand(program, runner);
  const migration = addMigrationCommands(program, runner);
  addMigrationActionCommands(migration, runner);
  addMigrationTableCommands(migration, runner);
  addMigrationFixCommand(migration, runner);
  addMigrationCheckCommands(migration, runner);
  addMigrationImageCommands(migration, runner);
  addEndpointCommands(program, runner);
  addWorkspaceCommands(program, runner);
  addMemberCommands(program, runner);
  addInvitationCommands(program, runner);
  addServiceAccountCommands(program, runner);
  addUserCommands(program, runner);
  addRootCommands(program, runner);
  addReportCommands(program, runner);
  addApplyCommand(program, runner);
  addAlertCommands(program, runner);
  addChannelCommands(program, runner);
  addRouteCommands(program, runner);
  addSilenceCommands(program, runner);
  addDeliveryCommands(program, runner);
  addTemplateCommands(program, runner);
  addIdentityCommands(program, runner);
  addAuditCommands(program, runner);
  addAlertRuleCommands(program, runner);
  addTraceCommands(program, runner);
  addLogsCommand(program, runner);
  addSessionCommands(program, runner);
  addAccountCommands(program, runner);
  addAdminCommands(program, runner);
  addCompletionCommand(program, runner);
  prepare(program, context);
  return { program, runner };
}

/** Errors are thrown, not printed by commander; output goes to our terminal; headings speak the user's language. */
function prepare(command: Command, context: CliContext): void {
  const { messages, terminal } = context;
  command
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.stdout.write(text), writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => messages.help.headings[title] ?? title })
    .helpOption('-h, --help', messages.help.help);
  for (const child of command.commands) prepare(child, context);
}
