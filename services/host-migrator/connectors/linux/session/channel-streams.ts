import { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/** Stdin of a remote command. A write is done when the channel's window took it; after the command's end it fails with EPIPE. */
export class ChannelInput extends Writable {
  constructor(
    private readonly channel: ClientChannel,
    private readonly onBroken: () => void,
  ) {
    super({ highWaterMark: 256 * 1024 });
    // Whoever waits for the command hears of its end; an input that nobody watches must not end the process.
    this.on('error', () => undefined);
    channel.once('close', () => this.destroy(this.writableFinished ? undefined : brokenPipe()));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.channel.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Else the command would take what it has got so far for the whole.
    if (!this.writableFinished) this.onBroken();
    done(error);
  }
}

/** Stdout of a remote command. It ends when the command has ended and all was read; it fails where the end is not known to be the true one. */
export class ChannelOutput extends Readable {
  private over = false;

  constructor(
    private readonly channel: ClientChannel,
    private readonly onBroken: () => void,
  ) {
    super({ highWaterMark: 1024 * 1024 });
    this.on('error', () => undefined);
    channel.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) channel.pause();
    });
  }

  override _read(): void {
    this.channel.resume();
  }

  /** Once the channel is closed. */
  finish(error?: Error): void {
    this.over = true;
    error ? this.destroy(error) : this.push(null);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // The channel closes only when it was read to its end.
    this.channel.resume();
    if (!this.over) this.onBroken();
    done(error);
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error('The command ended before it read all of its input.'), { code: 'EPIPE' });
}
