import type { UnitOfWork } from '@smartant/runs';
import type { TranscriptEntry } from '../ports/host-engine';
import type { Observer } from '../ports/observer';
import type { TranscriptStore } from '../ports/stores';

const FLUSH_MS = 500;
/** Commands of one run that are kept. A run needs hundreds; past this it is a defect, and the first ones say which. */
export const MOST_COMMANDS = 10_000;
/** What waits for a database that is away. */
const MOST_WAITING = 2_000;
const LONGEST = { command: 8_192, stderr: 4_096 };

export interface TranscriptLogOptions {
  migrationId: string;
  runId: string;
  unitOfWork: UnitOfWork;
  transcript: TranscriptStore;
  observer: Pick<Observer, 'warn'>;
}

/** Takes the commands of a run to the record, in batches. What was run was run, whoever holds the shard by then: nothing is fenced. */
export class TranscriptLog {
  private waiting: TranscriptEntry[] = [];
  private dropped = 0;
  private flushing: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: TranscriptLogOptions) {}

  add(entry: TranscriptEntry): void {
    if (this.waiting.length >= MOST_WAITING) this.dropped += 1;
    else this.waiting.push({ ...entry, command: bounded(entry.command, LONGEST.command), stderr: bounded(entry.stderr, LONGEST.stderr) });
    this.timer ??= setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Writes what waits. To be called when no more comes. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.flushing;
    await this.flush();
  }

  private async flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => (this.flushing = null));
    await this.flushing;
  }

  private async write(): Promise<void> {
    const { migrationId, runId, unitOfWork, transcript, observer } = this.options;
    const entries = this.waiting;
    if (entries.length === 0) return;
    this.waiting = [];
    try {
      await unitOfWork.transaction((tx) => transcript.append(tx, migrationId, runId, entries, MOST_COMMANDS));
      if (this.dropped > 0) observer.warn('commands were left out of the transcript', { migrationId, runId, dropped: this.dropped });
      this.dropped = 0;
    } catch (error) {
      // Tried again with what comes next; a transaction whose answer was lost may be written twice.
      this.waiting = [...entries, ...this.waiting].slice(0, MOST_WAITING);
      observer.warn('the transcript could not be written', { migrationId, runId }, error);
    }
  }
}

/** The end of a text that is too long, as whole characters that a database can hold. */
function bounded(text: string, most: number): string {
  const plain = text.replaceAll('\0', '\\0').toWellFormed();
  return plain.length > most ? `…${plain.slice(-most)}`.toWellFormed() : plain;
}
