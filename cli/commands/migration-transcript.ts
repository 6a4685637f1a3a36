import { formatDuration } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';

/** migration transcript ID. */
export function addTranscriptCommand(migration: Command, runner: Runner): void {
  const { help } = runner.context.messages.hosts;
  migration
    .command('transcript <id>')
    .description(help.transcript)
    .option('--run <run>', help.transcriptRun)
    .action(runner.action(transcript));
}

async function transcript({ api, printer, messages }: Invocation, id: string, { run }: { run?: string }): Promise<void> {
  const { columns, nothingRun } = messages.hosts;
  printer.list(
    await api.transcript(id, run),
    [
      { heading: columns.started, value: ({ startedAt }) => localTime(startedAt) },
      { heading: columns.host, value: ({ host }) => host },
      { heading: columns.exit, value: ({ exitCode }) => (exitCode === null ? '–' : String(exitCode)), align: 'right' },
      { heading: columns.duration, value: ({ durationMs }) => formatDuration(durationMs), align: 'right' },
      { heading: columns.command, value: ({ command }) => command },
      { heading: columns.stderr, value: ({ stderr }) => stderr, wide: true },
    ],
    nothingRun,
  );
}
