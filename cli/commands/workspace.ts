import type { Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import { ratesText } from '../output/limit-text';
import { addRateOptions, readRates, type RateOptions } from './limit-options';

/** workspace limits. */
export function addWorkspaceCommands(program: Command, runner: Runner): void {
  const { messages } = runner.context;
  const workspace = program.command('workspace').description(messages.help.workspaces);
  addRateOptions(workspace.command('limits').description(messages.help.workspaceLimits), messages).action(runner.action(limits));
}

async function limits({ api, printer, messages }: Invocation, options: RateOptions): Promise<void> {
  const change = readRates(options);
  const now = Object.keys(change).length > 0 ? await api.setWorkspaceLimits(change) : await api.workspaceLimits();
  printer.one(now, () => [ratesText(now, messages)]);
}
