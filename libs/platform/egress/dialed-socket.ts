import { Duplex } from 'node:stream';
import { guardedConnect, type GuardedConnectOptions } from './guarded-connect';

export type DialedSocketOptions = Pick<GuardedConnectOptions, 'dialer' | 'timeoutMs'>;

/**
 * A socket for drivers that make one first and connect it by themselves (`stream` of `pg`): its `connect` goes through
 * `guardedConnect`. What drivers set on sockets (delay, keepalive) is the dialer's affair, and is accepted without effect.
 */
export class DialedSocket extends Duplex {
  private inner: Duplex | undefined;
  private readonly given = new AbortController();

  constructor(private readonly options: DialedSocketOptions) {
    super({ allowHalfOpen: true });
  }

  /** Emits `connect`, or `error` with what `guardedConnect` raised. */
  connect(port: number, host: string): this {
    guardedConnect({ ...this.options, host, port, signal: this.given.signal }).then(
      (stream) => this.attach(stream),
      (error: Error) => this.destroy(error),
    );
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    this.inner?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.connected((inner) => inner.write(chunk, done));
  }

  override _final(done: () => void): void {
    this.connected((inner) => inner.end(done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.given.abort(new Error('The socket was closed before it was connected.'));
    this.inner?.destroy();
    done(error);
  }

  private attach(stream: Duplex): void {
    if (this.destroyed) return void stream.destroy();
    this.inner = stream;
    stream.on('data', (chunk: Buffer) => void (this.push(chunk) || stream.pause()));
    stream.once('end', () => this.push(null));
    stream.once('error', (error) => this.destroy(error));
    stream.once('close', () => this.destroy());
    this.emit('connect');
  }

  private connected(then: (inner: Duplex) => void): void {
    if (this.inner) then(this.inner);
    else this.once('connect', () => this.inner && then(this.inner));
  }
}
