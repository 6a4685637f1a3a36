import { SmartantError, toSmartantError } from '@smartant/kernel';
import { nameOf } from '../catalog/target-name';
import { decodeMessage } from '../replication/decode-message';
import { parseLsn, type Lsn } from '../replication/lsn';
import type { RelationMessage, RowMessage, StreamMessage, Tuple } from '../replication/messages';
import { ReplicationStream } from '../replication/replication-stream';
import type { CreatedSlot } from '../replication/slot';
import { Wakeup } from '../replication/wakeup';
import { cancelled } from '../session/pg-errors';

export interface KeyWatchOptions {
  /** A temporary slot whose snapshot has been imported by whoever needs it. */
  created: CreatedSlot;
  publications: readonly string[];
  /** What the server is called in messages. */
  label: string;
  /** Columns that name a row of a table ("schema.table" at this server), unique among its rows. Tables without are not remembered. */
  keysOf: ReadonlyMap<string, readonly string[]>;
}

/** Keys held in memory; the table with the most, once there are more, is compared as a whole. */
const MOST_KEY_BYTES = 64 << 20;
/** Of a key beside its text. */
const KEY_BYTES = 100;
const ASK_EVERY_MS = 25;
const STREAM_STOP = 'E'.charCodeAt(0);

/**
 * Remembers which rows have changed at a server since a slot's snapshot, by reading the slot: a transaction is either in the snapshot or in
 * the stream. Remembers too much rather than too little: also rows of transactions that were undone.
 */
export class KeyWatch {
  private readonly stream: ReplicationStream;
  private readonly touched = new Map<string, TouchedKeys>();
  private readonly unknown = new Set<string>();
  private readonly relations = new Map<number, { name: string; key: number[] | null }>();
  private readonly wake = new Wakeup();
  private isStreamed = false;
  private held = 0;
  private heldBytes = 0;
  private failure: SmartantError | undefined;

  constructor({ created, publications, label, keysOf }: KeyWatchOptions) {
    this.keysOf = keysOf;
    const from = parseLsn(created.slot.consistentPoint);
    this.stream = ReplicationStream.begin(created.session, { label, slot: created.slot.name, publications, from, form: 'text' }, () =>
      this.read(),
    );
  }

  private readonly keysOf: KeyWatchOptions['keysOf'];

  /** Resolves once every transaction that was committed before the position was read. Raises what ended the stream. */
  async passed(lsn: string, signal: AbortSignal): Promise<void> {
    const wanted: Lsn = parseLsn(lsn);
    const timer = setInterval(() => {
      this.stream.ask();
      this.wake.notify();
    }, ASK_EVERY_MS);
    try {
      this.stream.ask();
      while (this.stream.keepaliveLsn < wanted) {
        if (this.failure) throw this.failure;
        if (signal.aborted) throw cancelled(signal.reason);
        await this.wake.wait();
      }
    } finally {
      clearInterval(timer);
    }
    if (this.failure) throw this.failure;
  }

  /** Keys (JSON arrays of texts) of rows of a table that may have changed; null: not all of them are known. */
  keys(table: string): ReadonlySet<string> | null {
    return this.unknown.has(table) ? null : (this.touched.get(table)?.keys ?? NO_KEYS);
  }

  /** Rows that are remembered. */
  get size(): number {
    return this.held;
  }

  close(): void {
    this.stream.close();
  }

  private read(): void {
    try {
      for (let block = this.stream.take(); block.bounds.length > 0; block = this.stream.take()) {
        for (let at = 0; at < block.bounds.length; at += 2) this.note(block.bytes, block.bounds[at] ?? 0);
      }
      this.stream.acknowledge(this.stream.keepaliveLsn);
    } catch (error) {
      this.failure ??= toSmartantError(error);
    }
    this.wake.notify();
  }

  private note(bytes: Buffer, begin: number): void {
    const message = decodeMessage(bytes, begin, this.isStreamed && bytes[begin] !== STREAM_STOP);
    if (message.kind === 'stream-start') this.isStreamed = true;
    else if (message.kind === 'stream-stop') this.isStreamed = false;
    else this.noteChange(message);
  }

  private noteChange(message: StreamMessage): void {
    if (message.kind === 'relation') this.noteRelation(message);
    else if (message.kind === 'truncate') for (const id of message.relationIds) this.forget(this.relation(id).name);
    else if (message.kind === 'insert' || message.kind === 'update' || message.kind === 'delete') this.noteRow(message);
  }

  private noteRelation(relation: RelationMessage): void {
    const name = nameOf(relation);
    const wanted = this.keysOf.get(name);
    const key = wanted?.map((column) => relation.columns.findIndex((each) => each.name === column)) ?? null;
    const isComplete = key?.every((at) => at >= 0) ?? true;
    if (!isComplete) this.forget(name);
    this.relations.set(relation.id, { name, key: isComplete ? key : null });
  }

  private relation(id: number): { name: string; key: number[] | null } {
    const known = this.relations.get(id);
    if (known) return known;
    throw new SmartantError('DATABASE_STREAM_UNREADABLE', 'A change came of a table that was not told.', { kind: 'internal' });
  }

  private noteRow({ relationId, old, new: row }: RowMessage): void {
    const { name, key } = this.relation(relationId);
    if (key === null || this.unknown.has(name)) return;
    for (const tuple of [old, row]) if (tuple) this.noteKey(name, key, tuple);
  }

  private noteKey(name: string, key: number[], { bytes, spans }: Tuple): void {
    const values: string[] = [];
    for (const column of key) {
      const length = spans[column * 2 + 1] ?? -1;
      // Not told (a value that is stored apart), or not there: the row cannot be named.
      if (length < 0) return this.forget(name);
      const begin = spans[column * 2] ?? 0;
      values.push(bytes.toString('utf8', begin, begin + length));
    }
    let table = this.touched.get(name);
    if (!table) this.touched.set(name, (table = { keys: new Set(), bytes: 0 }));
    const text = JSON.stringify(values);
    if (table.keys.has(text)) return;
    table.keys.add(text);
    table.bytes += KEY_BYTES + text.length;
    this.held += 1;
    this.heldBytes += KEY_BYTES + text.length;
    if (this.heldBytes > MOST_KEY_BYTES) this.forgetLargest();
  }

  private forgetLargest(): void {
    const [largest] = [...this.touched].sort(([, one], [, other]) => other.bytes - one.bytes);
    if (largest) this.forget(largest[0]);
  }

  private forget(name: string): void {
    this.unknown.add(name);
    const { keys, bytes } = this.touched.get(name) ?? { keys: NO_KEYS, bytes: 0 };
    this.held -= keys.size;
    this.heldBytes -= bytes;
    this.touched.delete(name);
  }
}

/** Keys of a table's rows, with what they take of memory. */
interface TouchedKeys {
  keys: Set<string>;
  bytes: number;
}

const NO_KEYS: ReadonlySet<string> = new Set();
