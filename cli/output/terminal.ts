import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { createColors } from 'picocolors';

export type Colors = ReturnType<typeof createColors>;

/** Where the CLI writes and whom it asks. */
export class Terminal {
  /** Bars and questions need a terminal on both sides; without one there are plain lines and no questions. */
  readonly live: boolean;
  readonly colors: Colors;

  constructor(
    readonly stdin: Readable & { isTTY?: boolean },
    readonly stdout: Writable & { isTTY?: boolean; columns?: number },
    readonly stderr: Writable & { isTTY?: boolean },
    env: Record<string, string | undefined>,
  ) {
    this.live = stdout.isTTY === true && env['TERM'] !== 'dumb';
    // https://no-color.org: any value that is not empty.
    this.colors = createColors(this.live && !env['NO_COLOR']);
  }

  /** A line of the result. */
  print(line = ''): void {
    this.stdout.write(`${line}\n`);
  }

  /** A line that is not part of the result. */
  note(line = ''): void {
    this.stderr.write(`${line}\n`);
  }

  get canAsk(): boolean {
    return this.stdin.isTTY === true && this.stderr.isTTY === true;
  }

  /** Asks on stderr, so that a redirected result stays clean. */
  ask(question: string, signal: AbortSignal): Promise<string> {
    const reader = createInterface({ input: this.stdin, output: this.stderr });
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      reader.once('close', () => resolve(''));
      reader.question(question, { signal }, resolve);
    }).finally(() => reader.close()) as Promise<string>;
  }

  /** Asks without showing what is typed. */
  async askHidden(question: string, signal: AbortSignal): Promise<string> {
    this.stderr.write(question);
    const input = this.stdin as Readable & { setRawMode?: (raw: boolean) => void };
    input.setRawMode?.(true);
    try {
      return await readUntilReturn(input, signal);
    } finally {
      input.setRawMode?.(false);
      input.pause();
      this.stderr.write('\n');
    }
  }

  /** All of stdin, for secrets and documents that are piped in. */
  async readAll(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.stdin) chunks.push(Buffer.from(chunk as Buffer));
    return Buffer.concat(chunks).toString('utf8');
  }
}

const BACKSPACE = new Set(['\u007f', '\b']);
const INTERRUPT = '\u0003';

function readUntilReturn(input: Readable, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const done = (finish: () => void) => {
      input.off('data', onData);
      finish();
    };
    const onData = (chunk: Buffer) => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') return done(() => resolve(typed));
        // In raw mode the terminal does not turn Ctrl-C into a signal.
        if (character === INTERRUPT) return done(() => reject(new DOMException('Interrupted', 'AbortError')));
        typed = BACKSPACE.has(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    signal.addEventListener('abort', () => done(() => reject(signal.reason as Error)), { once: true });
    input.on('data', onData);
    input.resume();
  });
}
