import type { Command } from 'commander';
import type { Runner } from '../invocation';
import { addAdminAuditCommands } from './admin-audit';
import { addAuthorityCommand } from './admin-authority';
import { addBackupCommands } from './admin-backup';
import { addEventCommands } from './admin-events';
import { addLogLevelCommands } from './admin-log-level';
import { addServicesCommand } from './admin-services';
import { addVaultCommands } from './admin-vault';
import { addKeyCommands } from './admin-keys';
import { addProviderCommands } from './admin-providers';
import { addUserCommands } from './admin-users';

/** What an operator of the platform does: `smartant admin …`. */
export function addAdminCommands(program: Command, runner: Runner): void {
  const admin = program.command('admin').description(runner.context.messages.help.admin);
  addBackupCommands(admin, runner);
  addEventCommands(admin, runner);
  addLogLevelCommands(admin, runner);
  addServicesCommand(admin, runner);
  addAdminAuditCommands(admin, runner);
  addVaultCommands(admin, runner);
  addAuthorityCommand(admin, runner);
  addUserCommands(admin, runner);
  addKeyCommands(admin, runner);
  addProviderCommands(admin, runner);
}
