import type { DatabaseDifference } from '../../../application/ports/database-engine';
import type { Sequence, TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { isFurther, readSequencePairs, type SequenceState } from '../cutover/sequence-states';
import type { PgSession } from '../session/pg-session';

export interface ComparedSequence {
  /** Its name at the source. */
  key: string;
  source: string | null;
  target: string | null;
  /** The target's value is further on in the sequence's direction, by the same definition. */
  isFurther: boolean;
}

/** Value, `is_called`, bounds, increment and cycle of each sequence at both sides, as one text; null: it is not there. */
export async function compareSequences(
  source: PgSession,
  target: PgSession,
  sequences: readonly Sequence[],
  targetName: (name: TableName) => TableName,
  signal?: AbortSignal,
): Promise<ComparedSequence[]> {
  const pairs = await readSequencePairs(source, target, sequences, targetName, signal);
  return pairs.map(({ from, wanted, has }) => ({
    key: nameOf(from),
    source: textOf(wanted),
    target: textOf(has),
    isFurther: isSameButFurther(wanted, has),
  }));
}

export function sequenceDifferences(compared: readonly ComparedSequence[]): DatabaseDifference[] {
  return compared
    .filter(({ source, target }) => source !== target)
    .map(({ key, source, target }) => ({
      key,
      kind: 'sequence' as const,
      detail: `source: ${source ?? 'missing'}; target: ${target ?? 'missing'}`,
      waived: false,
    }));
}

function isSameButFurther(wanted: SequenceState | undefined, has: SequenceState | undefined): boolean {
  if (!wanted || !has) return false;
  const { lastValue, isCalled } = wanted;
  return textOf({ ...has, lastValue, isCalled }) === textOf(wanted) && isFurther(has, wanted);
}

function textOf(state: SequenceState | undefined): string | null {
  if (!state) return null;
  const { lastValue, isCalled, start, min, max, increment, cycles } = state;
  return `${lastValue}${isCalled ? '' : ' (not called)'}, start ${start}, from ${min} to ${max}, step ${increment}${cycles ? ', cycles' : ''}`;
}
