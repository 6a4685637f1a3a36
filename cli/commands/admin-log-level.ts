import type { Command } from 'commander';
import type { LogLevelSetting, SetLogLevel } from '../api/record-api';
import type { Invocation, Runner } from '../invocation';
import { durationOf } from '../logs/since';
import { localTime } from '../output/numbers';

/** admin log-level set, list, reset. */
export function addLogLevelCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages.records;
  const levels = admin.command('log-level').description(help.logLevel);
  levels
    .command('set <service[:module]> <level>')
    .description(help.logLevelSet)
    .option('--for <time>', help.logLevelFor, '10m')
    .action(runner.action(set));
  levels.command('list').alias('ls').description(help.logLevelList).action(runner.action(list));
  levels.command('reset <service>').description(help.logLevelReset).action(runner.action(reset));
}

async function set({ api, printer, messages }: Invocation, what: string, level: string, options: { for: string }): Promise<void> {
  const [service = '', module] = what.split(':', 2);
  const forSeconds = Math.ceil(durationOf(options.for, '--for') / 1_000);
  const body = { service, ...(module === undefined ? {} : { module }), level, forSeconds } as SetLogLevel;
  const setting = await api.records.setLogLevel(body);
  printer.done(setting, messages.records.levelSet(nameOf(setting), setting.level, localTime(setting.until)));
}

async function list({ api, printer, messages }: Invocation): Promise<void> {
  const { columns, noLevels } = messages.records;
  printer.list(
    await api.records.logLevels(),
    [
      { heading: columns.service, value: nameOf },
      { heading: columns.level, value: ({ level }) => level },
      { heading: columns.until, value: ({ until }) => localTime(until) },
      { heading: columns.setBy, value: ({ setBy }) => setBy },
    ],
    noLevels,
  );
}

async function reset({ api, printer, messages }: Invocation, service: string): Promise<void> {
  await api.records.resetLogLevels(service);
  printer.done({ reset: service }, messages.records.levelsReset(service));
}

const nameOf = ({ service, module }: LogLevelSetting): string => (module === null ? service : `${service}:${module}`);
