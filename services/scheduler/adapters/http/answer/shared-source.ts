import { setImmediate as nextTurn } from 'node:timers/promises';

/** One event of a stream whose each event states everything: a later one makes earlier ones worthless. */
export interface StreamedEvent {
  name: string;
  /** Lets a client tell a repeated event. */
  id?: string;
  data: unknown;
}

/**
 * One source for any number of readers. Each event is worked out and put into bytes once. A reader that is slow finds the latest event when
 * it comes back, and nothing of what it missed is kept for it; one that comes later begins with the latest.
 */
class SharedSource {
  readonly controller = new AbortController();
  readers = 0;
  private latest = '';
  private sequence = 0;
  private ended = false;
  private failure: unknown;
  private readonly wakeUps = new Set<() => void>();

  async run(open: (signal: AbortSignal) => AsyncIterable<StreamedEvent>): Promise<void> {
    const { signal } = this.controller;
    try {
      for await (const event of open(signal)) {
        if (signal.aborted) return;
        this.latest = frameOf(event);
        this.sequence += 1;
        this.wake();
        // Time for readers that are not slow, so that they miss nothing.
        await nextTurn();
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.ended = true;
      this.wake();
    }
  }

  /** Ends with the source, or when the signal fires. Raises what the source raised. */
  async *read(signal: AbortSignal): AsyncGenerator<string> {
    for (let seen = 0; !signal.aborted;) {
      if (this.sequence > seen) {
        seen = this.sequence;
        yield this.latest;
      } else if (this.ended) {
        if (this.failure !== undefined) throw this.failure;
        return;
      } else {
        await this.change(signal);
      }
    }
  }

  private wake(): void {
    for (const wakeUp of [...this.wakeUps]) wakeUp();
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wakeUp = () => {
        this.wakeUps.delete(wakeUp);
        signal.removeEventListener('abort', wakeUp);
        resolve();
      };
      this.wakeUps.add(wakeUp);
      signal.addEventListener('abort', wakeUp, { once: true });
    });
  }
}

/** The sources that have readers, by key. */
export class SharedSources {
  private readonly sources = new Map<string, SharedSource>();

  /**
   * The events of the source with this key, as bytes of a stream; opened for its first reader and left by its last one. Raises what the
   * source raises.
   */
  async *read(key: string, open: (signal: AbortSignal) => AsyncIterable<StreamedEvent>, signal: AbortSignal): AsyncGenerator<string> {
    const source = this.sources.get(key) ?? this.start(key, open);
    source.readers += 1;
    try {
      yield* source.read(signal);
    } finally {
      source.readers -= 1;
      if (source.readers === 0) this.leave(key, source);
    }
  }

  private start(key: string, open: (signal: AbortSignal) => AsyncIterable<StreamedEvent>): SharedSource {
    const source = new SharedSource();
    this.sources.set(key, source);
    // Who comes after the end must not get the old end again.
    void source.run(open).finally(() => this.leave(key, source));
    return source;
  }

  private leave(key: string, source: SharedSource): void {
    if (this.sources.get(key) === source) this.sources.delete(key);
    source.controller.abort();
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
export function frameOf({ name, id, data }: StreamedEvent): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
