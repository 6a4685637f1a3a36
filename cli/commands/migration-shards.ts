import { Option, type Command } from 'commander';
import { formatBytes } from '@smartant/kernel';
import type { Shard, ShardFilter } from '../api/record-api';
import type { Invocation, Runner } from '../invocation';
import { readLimit } from './read-limit';

const STATES = ['waiting', 'working', 'retrying', 'abandoned', 'done'];

/** migration shards ID. */
export function addShardsCommand(migration: Command, runner: Runner): void {
  const { help } = runner.context.messages.operations;
  migration
    .command('shards <id>')
    .description(help.shards)
    .option('--run <run>', help.shardsRun)
    .addOption(new Option('--state <state>', help.shardsState).choices(STATES))
    .option('--limit <n>', runner.context.messages.help.limit, '100')
    .action(runner.action(shards));
}

interface ShardOptions {
  run?: string;
  state?: ShardFilter['state'];
  limit: string;
}

async function shards({ api, printer, messages }: Invocation, id: string, { run: runId, state, limit }: ShardOptions): Promise<void> {
  const { columns, noShards } = messages.operations;
  printer.list(
    await api.records.shards(id, { runId, state }, readLimit(limit)),
    [
      { heading: columns.stage, value: ({ stage }) => stage },
      { heading: columns.shard, value: ({ ordinal, path }) => [ordinal, ...path].join('.') },
      { heading: columns.state, value: (shard) => shard.state },
      { heading: columns.moved, value: (shard) => formatBytes(movedOf(shard)), align: 'right' },
      { heading: columns.epoch, value: ({ epoch }) => String(epoch), align: 'right' },
      { heading: columns.attempts, value: ({ attempts }) => String(attempts), align: 'right' },
      { heading: columns.error, value: ({ lastError }) => lastError?.code ?? '' },
      { heading: columns.holder, value: ({ holder }) => holder ?? '', wide: true },
      { heading: columns.range, value: ({ range }) => range, wide: true },
    ],
    noShards,
  );
}

const movedOf = ({ counters }: Shard): number =>
  (counters['copiedBytes'] ?? 0) + (counters['appliedBytes'] ?? 0) + (counters['verifiedBytes'] ?? 0);
