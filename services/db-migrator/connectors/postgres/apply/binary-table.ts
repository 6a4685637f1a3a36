import { SmartantError } from '@smartant/kernel';
import { EXACT_TYPES } from '../replication/exact-types';
import { NULL_VALUE, type Tuple } from '../replication/messages';
import { dateText, timestampText, timestamptzText, timeText } from './date-text';
import type { TargetColumn, TargetTable } from './target-table';

/**
 * The table for values in binary form; undefined where one of them may not mean the same at the target. Its rows are shared out one by one only
 * where their keys are written as text here, since how they are shared out has to last over runs in either form.
 */
export function binaryTable(table: TargetTable): TargetTable | undefined {
  const fits = table.columns.every((column, index) => !column || isSame(column, table.relation.columns[index]?.typeOid ?? 0));
  if (!fits) return undefined;
  const hasTexts = table.key.every((index) => textWriter(table.columns[index]) !== undefined);
  return { ...table, form: 'binary', split: table.split === 'row' && !hasTexts ? 'table' : table.split };
}

/** The run ends, and the next one asks for text. */
export class TextNeeded extends SmartantError {
  constructor(unit: string) {
    super('DATABASE_STREAM_UNREADABLE', `Changes of ${unit} have to be read as text.`, { kind: 'unavailable', retry: { kind: 'backoff' } });
  }
}

/** Enumerations have numbers of their own at each end, and labels, which the target looks up; what is none of its labels it refuses. */
function isSame({ typeOid, isEnum }: TargetColumn, sourceOid: number): boolean {
  return isEnum ? sourceOid >= FIRST_OF_USERS : typeOid === sourceOid && EXACT_TYPES.has(typeOid);
}

/** Types below have the same number in every database. */
const FIRST_OF_USERS = 16_384;

/** A value of a row's key as text, as the output function would write it; of tables that `binaryTable` lets be shared out by rows. */
export function textOfKey({ columns }: TargetTable, index: number, { bytes, spans }: Tuple): Buffer | undefined {
  const length = spans[index * 2 + 1] ?? NULL_VALUE;
  const begin = spans[index * 2] ?? 0;
  return length < 0 ? undefined : textWriter(columns[index])?.(bytes.subarray(begin, begin + length));
}

function textWriter(column: TargetColumn | null | undefined): ((bytes: Buffer) => Buffer) | undefined {
  return column?.isEnum ? same : TEXT_OF.get(column?.typeOid ?? 0);
}

const same = (bytes: Buffer) => bytes;
const written = (text: (bytes: Buffer) => unknown) => (bytes: Buffer) => Buffer.from(String(text(bytes)));

const TEXT_OF: ReadonlyMap<number, (bytes: Buffer) => Buffer> = new Map([
  [16, written((bytes) => (bytes[0] === 0 ? 'f' : 't'))],
  [17, written((bytes) => `\\x${bytes.toString('hex')}`)],
  [20, written((bytes) => bytes.readBigInt64BE())],
  [21, written((bytes) => bytes.readInt16BE())],
  [23, written((bytes) => bytes.readInt32BE())],
  [25, same],
  [26, written((bytes) => bytes.readUInt32BE())],
  [1043, same],
  [1082, written(dateText)],
  [1083, written(timeText)],
  [1114, written((bytes) => timestampText(bytes))],
  [1184, written(timestamptzText)],
  [2950, written((bytes) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))],
]);
