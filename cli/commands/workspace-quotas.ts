import type { Command } from 'commander';
import { SmartantError } from '@smartant/kernel';
import type { QuotaState } from '../api/tenancy-api';
import { parseWhole } from '../endpoints/size';
import type { Invocation, Runner } from '../invocation';
import type { Messages } from '../messages/messages';
import { ratesText } from '../output/limit-text';
import { renderDetails } from '../output/table';
import { addRateOptions, readRates, type RateOptions } from './limit-options';

interface QuotaOptions extends RateOptions {
  migrations?: string;
  endpoints?: string;
}

/** workspace quotas. */
export function addQuotaCommand(workspace: Command, runner: Runner): void {
  const { messages } = runner.context;
  const { help } = messages.tenancy;
  const quotas = workspace
    .command('quotas [name]')
    .description(help.quotas)
    .option('--migrations <n>', help.quotaMigrations)
    .option('--endpoints <n>', help.quotaEndpoints);
  addRateOptions(quotas, messages).action(runner.action(showOrSet));
}

/** Without options: what they are. */
async function showOrSet({ api, printer, messages }: Invocation, name: string | undefined, options: QuotaOptions): Promise<void> {
  const change = {
    ...readRates(options),
    ...(options.migrations === undefined ? {} : { migrations: parseWhole(options.migrations, '--migrations') }),
    ...(options.endpoints === undefined ? {} : { endpoints: parseWhole(options.endpoints, '--endpoints') }),
  };
  const isChange = Object.keys(change).length > 0;
  if (isChange && name === undefined) throw unnamed();
  const state = isChange && name !== undefined ? await api.tenancy.setQuotas(name, change) : await api.tenancy.quotas(name);
  printer.one(state, () => quotaLines(state, messages));
}

function quotaLines({ quotas, use }: QuotaState, messages: Messages): string[] {
  const { labels } = messages.tenancy;
  const counted = (used: number, quota: number) => `${used} / ${quota === 0 ? messages.labels.unlimited : quota}`;
  return renderDetails([
    [labels.migrations, counted(use.migrations, quotas.migrations)],
    [labels.endpoints, counted(use.endpoints, quotas.endpoints)],
    [labels.ceilings, ratesText(quotas, messages)],
  ]);
}

function unnamed(): SmartantError {
  return new SmartantError('CLI_USAGE', 'It is not said whose quotas to change.', {
    kind: 'invalid',
    hint: 'Name the workspace: smartant workspace quotas NAME --migrations 10',
  });
}
