import type { PgSession } from '../session/pg-session';
import type { CopyOptions } from './copy-options';

/** A COPY writes pages out, and before that the log, each time it has filled a ring of 16 MiB of the target's buffers. */
const EVERY_BYTES = 4 * 1024 * 1024;

/** Writes nothing but a few bytes into the log, whose commit waits until all of the log up to there is on the disk. */
const COMMIT = `SELECT pg_logical_emit_message(true, 'smartant', '')`;

type FlusherOptions = Pick<CopyOptions, 'target' | 'signal'>;

/**
 * Has the target's log written to its disk beside the sessions that copy: the pages that a COPY has to write out, to fill their buffers anew,
 * wait for the log of their rows, which a server's own writer brings only five times a second. A session that waits for that does nothing else, and
 * neither does the source behind it. One more session, one commit at a time; what comes is forwarded meanwhile.
 *
 * It is a matter of speed alone. Where the session is refused or lost, copying goes on without: it fares the same then, or tells why not.
 */
export class LogFlusher {
  private unwritten = 0;
  private session: PgSession | null = null;
  private flushing: Promise<void> | null = null;
  private isOver = false;

  constructor(
    private readonly options: FlusherOptions,
    private readonly applicationName: string,
  ) {}

  /** Bytes more that the target was sent. */
  wrote(bytes: number): void {
    this.unwritten += bytes;
    if (this.unwritten < EVERY_BYTES || this.flushing || this.isOver) return;
    this.unwritten = 0;
    this.flushing = this.flush()
      .catch(() => void (this.isOver = true))
      .finally(() => void (this.flushing = null));
  }

  async close(): Promise<void> {
    this.isOver = true;
    await this.flushing;
    await this.session?.close();
  }

  private async flush(): Promise<void> {
    const { target, signal } = this.options;
    this.session ??= await target.open({ applicationName: this.applicationName, settings: { synchronous_commit: 'local' }, signal });
    await this.session.query(COMMIT, undefined, signal);
  }
}
