import { formatBytes } from '@smartant/kernel';
import type { Command } from 'commander';
import { parseWhole } from '../endpoints/size';
import type { Invocation, Runner } from '../invocation';

const MOST_ITEMS = 1_000;

/** endpoint browse. */
export function addBrowseCommand(endpoint: Command, runner: Runner): void {
  const { help, database } = runner.context.messages;
  endpoint
    .command('browse <name> [path]')
    .description(database.help.browse)
    .option('--limit <n>', help.limit)
    .action(runner.action(browse));
}

/** A bucket or a tree may have millions of items: a thousand of them, unless somebody asks for more. */
async function browse(
  { api, printer, messages }: Invocation,
  name: string,
  path: string | undefined,
  { limit }: { limit?: string },
): Promise<void> {
  const { columns, database } = messages;
  const most = limit === undefined ? MOST_ITEMS : Math.max(1, parseWhole(limit, '--limit'));
  printer.list(
    await api.endpointItems(name, path ?? '', most),
    [
      { heading: columns.kind, value: ({ kind }) => kind },
      { heading: columns.path, value: (item) => item.path },
      { heading: columns.bytes, value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
    ],
    database.nothingThere,
  );
}
