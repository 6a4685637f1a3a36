import { MultiBar, type SingleBar } from 'cli-progress';
import type { WatchUpdate } from '../api/api';
import type { CliContext } from '../context';
import { printable } from '../output/table';
import { progressOf, type Progress } from './progress';

/** Shows how a migration goes on. */
export interface ProgressDisplay {
  update(update: WatchUpdate): void;
  /** A line of its own, for what needs the reader's attention. */
  say(line: string): void;
  close(): void;
}

/** Bars on a terminal; plain lines otherwise. `quiet` sends lines to stderr, where stdout is read by a program. */
export function openProgressDisplay(context: CliContext, quiet: boolean): ProgressDisplay {
  if (context.terminal.live && !quiet) return new BarDisplay(context);
  return new LineDisplay(context, quiet);
}

const LINE_INTERVAL_MS = 5_000;

class LineDisplay implements ProgressDisplay {
  private lastTitle = '';
  private lastMs = 0;

  constructor(
    private readonly context: CliContext,
    private readonly quiet: boolean,
  ) {}

  update(update: WatchUpdate): void {
    const { title, fraction, facts } = progressOf(update, this.context.messages);
    const nowMs = Date.now();
    if (title === this.lastTitle && nowMs - this.lastMs < LINE_INTERVAL_MS) return;
    this.lastTitle = title;
    this.lastMs = nowMs;
    const percent = fraction === null ? '' : `${Math.floor(fraction * 100)}%`;
    this.say([title, percent, facts].filter(Boolean).join('  '));
  }

  say(line: string): void {
    const stamped = `${new Date().toTimeString().slice(0, 8)}  ${printable(line)}`;
    if (this.quiet) this.context.terminal.note(stamped);
    else this.context.terminal.print(stamped);
  }

  close(): void {}
}

const BAR_WIDTH = 28;

class BarDisplay implements ProgressDisplay {
  private readonly bars: MultiBar;
  private current: { stage: string; bar: SingleBar } | undefined;

  constructor(private readonly context: CliContext) {
    const { terminal } = context;
    this.bars = new MultiBar({
      stream: terminal.stdout as NodeJS.WritableStream,
      hideCursor: true,
      gracefulExit: false,
      linewrap: false,
      format: (_options, parameters, payload: Progress) => {
        const share = payload.fraction ?? (parameters.value >= parameters.total ? 1 : null);
        return `${payload.title}  ${this.bar(share)}  ${payload.facts}`;
      },
    });
  }

  update(update: WatchUpdate): void {
    const progress = progressOf(update, this.context.messages);
    if (this.current?.stage !== progress.stage) {
      this.current?.bar.stop();
      this.current = { stage: progress.stage, bar: this.bars.create(1, 0, progress) };
    }
    this.current.bar.update(progress.fraction ?? 0, progress);
  }

  say(line: string): void {
    this.bars.log(`${printable(line)}\n`);
  }

  close(): void {
    this.bars.stop();
  }

  private bar(share: number | null): string {
    const { colors } = this.context.terminal;
    if (share === null) return colors.dim('·'.repeat(BAR_WIDTH));
    const filled = Math.round(Math.min(1, share) * BAR_WIDTH);
    const percent = `${Math.floor(share * 100)}%`.padStart(4);
    return `${colors.green('█'.repeat(filled))}${colors.dim('░'.repeat(BAR_WIDTH - filled))} ${percent}`;
  }
}
