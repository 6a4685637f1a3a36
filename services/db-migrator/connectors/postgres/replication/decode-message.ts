import { SmartantError } from '@smartant/kernel';
import { NULL_VALUE, UNCHANGED_VALUE, type RelationColumn, type StreamMessage, type Tuple } from './messages';

const POSTGRES_EPOCH_MS = 946_684_800_000;
const code = (letter: string) => letter.charCodeAt(0);
const [OLD_KEY, OLD_ROW] = [code('K'), code('O')];
/** What stands before each value of a row. */
export const [NULL, UNCHANGED, TEXT, BINARY] = [code('n'), code('u'), code('t'), code('b')];

/** Where a message is read; numbers in network order. */
class Cursor {
  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  oid(): number {
    this.at += 4;
    return this.bytes.readUInt32BE(this.at - 4);
  }

  lsn(): bigint {
    this.at += 8;
    return this.bytes.readBigUInt64BE(this.at - 8);
  }

  /** Its microseconds fit into a number, which costs a transaction less than two large integers. */
  timeMs(): number {
    this.at += 8;
    const micros = this.bytes.readInt32BE(this.at - 8) * 2 ** 32 + this.bytes.readUInt32BE(this.at - 4);
    return Math.trunc(micros / 1000) + POSTGRES_EPOCH_MS;
  }

  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  take(length: number): Buffer {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/**
 * The message of pgoutput, protocol 1 or 2, that begins at `begin`. `isStreamed`: it is between a stream-start and its stream-stop, and names its
 * subtransaction. Rows keep `bytes`.
 */
export function decodeMessage(bytes: Buffer, begin: number, isStreamed: boolean): StreamMessage {
  const read = new Cursor(bytes, begin + 1);
  const type = String.fromCharCode(bytes[begin] ?? 0);
  switch (type) {
    case 'I':
    case 'U':
    case 'D':
      return decodeRow(read, type, isStreamed ? read.oid() : 0);
    case 'B':
      return { kind: 'begin', commitLsn: read.lsn(), committedAtMs: read.timeMs() };
    case 'C':
      read.byte();
      return { kind: 'commit', commitLsn: read.lsn(), endLsn: read.lsn(), committedAtMs: read.timeMs() };
    case 'R':
      if (isStreamed) read.oid();
      return decodeRelation(read);
    case 'T':
      return decodeTruncate(read, isStreamed ? read.oid() : 0);
    case 'M':
      return decodeLogicalMessage(read, isStreamed ? read.oid() : 0);
    case 'S':
      return { kind: 'stream-start', transaction: read.oid() };
    case 'E':
      return { kind: 'stream-stop' };
    case 'c': {
      const transaction = read.oid();
      read.byte();
      return { kind: 'stream-commit', transaction, commitLsn: read.lsn(), endLsn: read.lsn(), committedAtMs: read.timeMs() };
    }
    case 'A':
      return { kind: 'stream-abort', transaction: read.oid(), subtransaction: read.oid() };
    case 'O':
    case 'Y':
      return { kind: 'other' };
    default:
      throw unknownMessage(`type ${bytes[begin]}`);
  }
}

function decodeRow(read: Cursor, type: 'I' | 'U' | 'D', subtransaction: number): StreamMessage {
  const relationId = read.oid();
  let part = read.byte();
  let old: Tuple | null = null;
  const oldIsKey = part === OLD_KEY;
  if (part === OLD_KEY || part === OLD_ROW) {
    old = takeTuple(read);
    if (type === 'U') part = read.byte();
  }
  const kind = type === 'I' ? 'insert' : type === 'U' ? 'update' : 'delete';
  return { kind, relationId, old, oldIsKey, new: type === 'D' ? null : takeTuple(read), subtransaction };
}

function takeTuple(read: Cursor): Tuple {
  const tuple = decodeTuple(read.bytes, read.at);
  read.at = tuple.end;
  return tuple;
}

/** The row whose TupleData begins at `begin`, and where that ends. */
export function decodeTuple(bytes: Buffer, begin: number): Tuple & { end: number } {
  const count = bytes.readInt16BE(begin);
  const spans = new Array<number>(2 * count);
  let place = 0;
  let isPartial = false;
  let at = begin + 2;
  for (let column = 0; column < count; column += 1) {
    const kind = bytes[at++];
    if (kind === TEXT || kind === BINARY) {
      const length = bytes.readInt32BE(at);
      spans[place++] = at + 4;
      spans[place++] = length;
      at += 4 + length;
    } else if (kind === NULL) {
      spans[place++] = 0;
      spans[place++] = NULL_VALUE;
    } else if (kind === UNCHANGED) {
      isPartial = true;
      spans[place++] = 0;
      spans[place++] = UNCHANGED_VALUE;
    } else throw unknownMessage(`value ${kind}`);
  }
  return { bytes, at: begin, spans, isPartial, end: at };
}

function decodeRelation(read: Cursor): StreamMessage {
  const id = read.oid();
  // An empty name stands for pg_catalog.
  const schema = read.text() || 'pg_catalog';
  const table = read.text();
  const replicaIdentity = String.fromCharCode(read.byte()) as 'd' | 'i' | 'f' | 'n';
  const count = read.int16();
  const columns: RelationColumn[] = [];
  for (let column = 0; column < count; column += 1) {
    const isKey = (read.byte() & 1) === 1;
    const name = read.text();
    const typeOid = read.oid();
    read.int32();
    columns.push({ name, isKey, typeOid });
  }
  return { kind: 'relation', id, schema, table, replicaIdentity, columns };
}

function decodeTruncate(read: Cursor, subtransaction: number): StreamMessage {
  const count = read.int32();
  const flags = read.byte();
  const relationIds = Array.from({ length: count }, () => read.oid());
  return { kind: 'truncate', relationIds, restartsIdentities: (flags & 2) === 2, subtransaction };
}

function decodeLogicalMessage(read: Cursor, subtransaction: number): StreamMessage {
  const isTransactional = (read.byte() & 1) === 1;
  const lsn = read.lsn();
  const prefix = read.text();
  return { kind: 'message', isTransactional, prefix, content: read.take(read.int32()), lsn, subtransaction };
}

export function unknownMessage(what: string): SmartantError {
  return new SmartantError('DATABASE_STREAM_UNREADABLE', `The source sent a change that is not known here (${what}).`, {
    kind: 'internal',
  });
}
