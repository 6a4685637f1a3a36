import type { Command } from 'commander';
import { linesOf } from '../audit/read-lines';
import type { ExitCode } from '../exit-codes';
import type { Invocation, Runner } from '../invocation';
import { addVerifyOptions, verifyLines, type VerifyOptions } from './audit';

/** admin audit verify. */
export function addAdminAuditCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const audit = admin.command('audit').description(help.adminAudit);
  addVerifyOptions(audit.command('verify').description(help.adminAuditVerify), runner).action(runner.action(verifyPlatform));
}

async function verifyPlatform(invocation: Invocation, options: VerifyOptions): Promise<ExitCode> {
  const body = await invocation.api.platform.exportAudit({ all: true });
  return verifyLines(invocation, linesOf(body as unknown as AsyncIterable<Uint8Array>), options);
}
