import type { Duplex } from 'node:stream';
import { types } from 'node:util';
import { SmartantError, toSmartantError } from '@smartant/kernel';
import { pgError } from '../session/pg-errors';
import type { PgSession } from '../session/pg-session';
import { queryMessage } from '../session/protocol-messages';
import { COPY_DONE, MessageWalker, copiedRows, serverError } from './message-walker';

export interface CopySide {
  session: PgSession;
  /** Ends with a COPY: TO STDOUT at the source, FROM STDIN at the target. */
  sql: string;
  /** What it is called in errors. */
  label: string;
}

export interface ForwardOptions {
  source: CopySide;
  target: CopySide;
  /** Waits until so many bytes may be read. */
  admit: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Bytes that were forwarded since the last call, and the rows that were begun. */
  onBytes: (bytes: number, rows: number) => void;
  signal: AbortSignal;
}

/** As both servers counted them, and the bytes between them. */
export interface Forwarded {
  rows: number;
  bytes: number;
}

/** Asked for at once from the limits: large enough to cost nothing, small enough for a slow limit to be even. */
const CREDIT_BYTES = 1024 * 1024;

/** Read, and not taken by the target's socket yet. */
const MOST_WAITING_BYTES = 256 * 1024;

/**
 * Lets the source's COPY flow into the target's, socket to socket: nothing is kept beyond what the two sockets hold, and a slow target
 * stops the reading. Both commands are sent at once. When it resolves, both sessions take queries again; when it raises, both are
 * destroyed, which undoes the target's open transaction.
 *
 * Raises what either server raised by its SQLSTATE, DATABASE_UNREACHABLE, CANCELLED, and COPY_ROWS_DIFFER when the target took in another
 * number of rows than the source sent.
 */
export async function forwardCopy(options: ForwardOptions): Promise<Forwarded> {
  options.signal.throwIfAborted();
  return new Forwarder(options).run();
}

class Forwarder {
  private readonly from: ReturnType<PgSession['takeOver']>;
  private readonly to: ReturnType<PgSession['takeOver']>;
  private readonly ended = Promise.withResolvers<void>();
  private readonly undo: (() => void)[] = [];
  private sourceRows: number | null = null;
  private targetRows: number | null = null;
  private readonly ready = { source: false, target: false };
  private bytes = 0;
  private rowsTold = 0;
  private credit = 0;
  private isAsking = false;
  private isFull = false;

  constructor(private readonly options: ForwardOptions) {
    this.from = options.source.session.takeOver();
    this.to = options.target.session.takeOver();
  }

  async run(): Promise<Forwarded> {
    const { source, target, signal } = this.options;
    this.listen(this.from.stream, 'source');
    this.listen(this.to.stream, 'target');
    this.on(this.to.stream, 'drain', () => this.settle({ isFull: false }));
    const abort = () => this.fail(new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', actor: 'user' }));
    signal.addEventListener('abort', abort, { once: true });
    this.undo.push(() => signal.removeEventListener('abort', abort));
    try {
      this.to.stream.write(queryMessage(target.sql));
      this.from.stream.write(queryMessage(source.sql));
      this.to.stream.resume();
      this.askForCredit();
      await this.ended.promise;
      this.checkRows();
    } catch (error) {
      for (const step of this.undo) step();
      source.session.destroy();
      target.session.destroy();
      throw error;
    }
    for (const step of this.undo) step();
    this.from.release();
    this.to.release();
    return { rows: this.sourceRows ?? 0, bytes: this.bytes };
  }

  private listen(stream: Duplex, side: 'source' | 'target'): void {
    const walker = new MessageWalker({
      data: (bytes, isChunk) => (side === 'source' ? this.forward(bytes, isChunk, walker.dataMessages) : undefined),
      message: (type, body) => this.take(side, type, body),
    });
    this.on(stream, 'data', (chunk: Buffer) => {
      try {
        walker.walk(chunk);
      } catch (error) {
        this.fail(error);
      }
    });
    const lost = (error?: Error) => this.fail(pgError(error ?? new Error('The connection was closed.'), this.options[side].label));
    this.on(stream, 'error', lost);
    this.on(stream, 'end', () => lost());
    this.on(stream, 'close', () => lost());
  }

  private on<T>(stream: Duplex, event: string, listener: (argument: T) => void): void {
    stream.on(event, listener);
    this.undo.push(() => stream.off(event, listener));
  }

  private forward(bytes: Buffer, isChunk: boolean, rows: number): void {
    this.bytes += bytes.length;
    this.credit -= bytes.length;
    this.options.onBytes(bytes.length, rows - this.rowsTold);
    this.rowsTold = rows;
    if (isChunk) this.to.stream.write(bytes, () => release(bytes));
    else this.to.stream.write(bytes);
    if (this.credit <= 0) this.askForCredit();
    // What `write` tells is not enough: a chunk is as large as the stream's mark, and would stop the reading each time, also when it is sent at once.
    const { writableNeedDrain, writableLength } = this.to.stream;
    if (writableNeedDrain && writableLength >= MOST_WAITING_BYTES) this.settle({ isFull: true });
  }

  private take(side: 'source' | 'target', type: string, body: Buffer): void {
    if (type === 'E') return this.fail(pgError(serverError(body), this.options[side].label));
    // The end of a COPY TO comes before the command's tag, so that what comes later is an error of the source or nothing.
    if (type === 'C' && side === 'source') {
      this.sourceRows = copiedRows(body);
      this.to.stream.write(COPY_DONE);
    }
    if (type === 'C' && side === 'target') this.targetRows = copiedRows(body) ?? this.targetRows;
    if (type === 'Z') {
      this.ready[side] = true;
      if (this.ready.source && this.ready.target) this.ended.resolve();
    }
  }

  /** Reads on only while the target takes it and the limits allow it. */
  private settle({ isFull }: { isFull: boolean }): void {
    this.isFull = isFull;
    if (this.isFull || this.isAsking) this.from.stream.pause();
    else this.from.stream.resume();
  }

  private askForCredit(): void {
    if (this.isAsking) return;
    this.isAsking = true;
    this.from.stream.pause();
    this.options.admit(CREDIT_BYTES, this.options.signal).then(
      () => {
        this.credit += CREDIT_BYTES;
        this.isAsking = false;
        this.settle({ isFull: this.isFull });
      },
      (error: unknown) => this.fail(error),
    );
  }

  private checkRows(): void {
    if (this.sourceRows === this.targetRows) return;
    throw new SmartantError(
      'COPY_ROWS_DIFFER',
      `The source sent ${this.sourceRows} rows, and the target took in ${this.targetRows} (${this.options.target.label}).`,
      { kind: 'precondition', hint: 'Look for triggers and rules at the target that drop rows, and disable them during the migration.' },
    );
  }

  private fail(error: unknown): void {
    this.ended.reject(toSmartantError(error));
  }
}

const WORTH_RELEASING_BYTES = 16 * 1024;

/**
 * Gives the memory of a chunk back as soon as it is sent. Left to the collector, chunks pile up to tens of MiB, and each new one is cleared
 * by the kernel: a fifth of the client's CPU time.
 */
function release({ buffer, byteLength }: Buffer): void {
  // A chunk that is only a part of a block of memory may share it with another one.
  if (byteLength === buffer.byteLength && byteLength >= WORTH_RELEASING_BYTES && types.isArrayBuffer(buffer)) buffer.transfer(0);
}
