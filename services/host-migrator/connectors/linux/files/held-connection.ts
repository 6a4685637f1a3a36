import { abortable } from '@smartant/platform/egress';
import type { Command, HostSession, RemoteProcess } from '../session/host-session';
import { transferError } from './tar-commands';

/** Of its first line; a program that writes something else without an end is not listened to for longer. */
const MOST_SAID = 4 * 1024;
const OPEN_MS = 20_000;
const CLOSE_MS = 5_000;
/** Where no other connection can be had, none is tried for so long: whoever is refused again and again is shut out (fail2ban, PerSourcePenalties). */
const SHARED_MS = 10 * 60_000;

/**
 * A connection from source to target over which streams go, one after the other, without signing in for each. It is the stdin of its program that
 * holds it: where this process or its connection to the source ends, it ends too.
 */
export class HeldConnection {
  /** Streams that go over it now. */
  streams = 0;
  ended = false;

  private constructor(
    private readonly running: RemoteProcess,
    /** A socket at the source: the `ControlPath` of its ssh. */
    readonly socket: string,
    /** What the target says of it. */
    readonly told: string,
  ) {
    void running.done.catch(() => undefined).finally(() => (this.ended = true));
  }

  /** `command` tells a line when it is ready. Raises HOST_TRANSFER_FAILED with what it said instead. */
  static async open(source: HostSession, command: Command, socket: string, signal: AbortSignal): Promise<HeldConnection> {
    // Whoever asks for it may end before it does.
    const opening = new AbortController();
    const within = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]);
    const stop = () => opening.abort(within.reason);
    within.addEventListener('abort', stop, { once: true });
    try {
      within.throwIfAborted();
      const running = await source.stream(command, { signal: opening.signal });
      const ended = running.done.then(({ exitCode, stderr }) => Promise.reject(transferError('target', exitCode, stderr)));
      return new HeldConnection(running, socket, await abortable(Promise.race([firstLine(running), ended]), within));
    } catch (error) {
      opening.abort(error);
      throw error;
    } finally {
      within.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    this.running.stdin.end();
    await abortable(this.running.done, AbortSignal.timeout(CLOSE_MS)).catch(() => this.running.kill());
  }
}

/** What comes behind it is thrown away. */
function firstLine({ stdout }: RemoteProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let said = '';
  stdout.on('data', (chunk: Buffer) => {
    if (said.length > MOST_SAID) return;
    said += chunk.toString('latin1');
    const end = said.indexOf('\n');
    if (end >= 0) resolve(said.slice(0, end));
  });
  return promise;
}

/** One for each stream that goes at once. */
export class HeldConnections {
  private readonly all: HeldConnection[] = [];
  private closed = false;
  /** By `performance.now()`. */
  private sharedUntil = 0;

  constructor(
    first: HeldConnection,
    private readonly openOne: (signal: AbortSignal) => Promise<HeldConnection>,
  ) {
    this.all.push(first);
  }

  /** Over one that nothing goes over; where no more can be had, with others. One over which a stream failed is not used again. */
  async use<T>(work: (socket: string) => Promise<T>, signal: AbortSignal): Promise<T> {
    const connection = this.idle() ?? (await this.another(signal));
    let failed = true;
    try {
      const done = await work(connection.socket);
      failed = false;
      return done;
    } finally {
      connection.streams -= 1;
      if (failed || this.closed) this.forget(connection);
      if (connection.streams === 0 && !this.all.includes(connection)) await connection.close();
    }
  }

  /** Those that are used end with their streams. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.all.filter(({ streams }) => streams === 0).map((connection) => connection.close()));
  }

  private idle(): HeldConnection | undefined {
    const found = this.all.find(({ streams, ended }) => streams === 0 && !ended);
    if (found) found.streams += 1;
    return found;
  }

  private async another(signal: AbortSignal): Promise<HeldConnection> {
    for (const connection of this.all.filter(({ streams, ended }) => streams === 0 && ended)) this.forget(connection);
    const connection = (performance.now() < this.sharedUntil ? this.shared() : undefined) ?? (await this.opened(signal));
    connection.streams += 1;
    if (!this.all.includes(connection)) this.all.push(connection);
    return connection;
  }

  private async opened(signal: AbortSignal): Promise<HeldConnection> {
    try {
      return await this.openOne(signal);
    } catch (error) {
      const shared = this.shared();
      if (signal.aborted || !shared) throw error;
      this.sharedUntil = performance.now() + SHARED_MS;
      return shared;
    }
  }

  private shared(): HeldConnection | undefined {
    const [connection] = this.all.filter(({ ended }) => !ended).toSorted((a, b) => a.streams - b.streams);
    return connection;
  }

  private forget(connection: HeldConnection): void {
    const at = this.all.indexOf(connection);
    if (at >= 0) this.all.splice(at, 1);
  }
}
