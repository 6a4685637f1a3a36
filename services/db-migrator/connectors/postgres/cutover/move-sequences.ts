import { SmartantError } from '@smartant/kernel';
import { qualified, type Sequence, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import type { PgSession } from '../session/pg-session';
import { isFurther, readSequencePairs, type SequenceState } from './sequence-states';

export interface MoveSequencesOptions {
  source: PgSession;
  target: PgSession;
  sequences: readonly Sequence[];
  targetName: (name: TableName) => TableName;
  /** A target that was not empty keeps a value that is further on than the source's. */
  keepFurther?: boolean;
  signal: AbortSignal;
}

const AT_ONCE = 500;

/**
 * Sets each sequence of the target, also those of identity and serial columns, to the source's value and `is_called`, in
 * one transaction. Increment, bounds and cycle come with its definition. Resolves with how many were set. Can be repeated.
 * Raises DATABASE_SEQUENCE_MISSING, DATABASE_SEQUENCE_OUT_OF_RANGE.
 */
export async function moveSequences(options: MoveSequencesOptions): Promise<number> {
  const { source, target, targetName, signal } = options;
  const pairs = await readSequencePairs(source, target, options.sequences, targetName, signal);
  const moves = pairs.flatMap(({ to, wanted, has }) => {
    // Dropped at the source meanwhile: the comparison of definitions tells.
    if (!wanted) return [];
    return [{ to, state: checked(to, wanted, has, options.keepFurther ?? false) }];
  });
  await target.transaction(async () => {
    for (let at = 0; at < moves.length; at += AT_ONCE) {
      const rows = moves.slice(at, at + AT_ONCE).map(({ to, state }) => [qualified(to), state.lastValue, state.isCalled]);
      await target.query(
        `SELECT setval((v->>0)::regclass, (v->>1)::bigint, (v->>2)::boolean) FROM json_array_elements($1::json) v`,
        [JSON.stringify(rows)],
        signal,
      );
    }
  }, 'BEGIN READ WRITE');
  return moves.length;
}

/** The value to set. */
function checked(name: TableName, wanted: SequenceState, has: SequenceState | undefined, keepFurther: boolean): SequenceState {
  if (!has) {
    throw new SmartantError('DATABASE_SEQUENCE_MISSING', `The sequence "${nameOf(name)}" is missing at the target.`, {
      kind: 'precondition',
      hint: 'Create it as the source has it, or exclude its schema, then retry.',
      details: { sequence: nameOf(name) },
    });
  }
  const value = BigInt(wanted.lastValue);
  if (value < BigInt(has.min) || value > BigInt(has.max)) {
    throw new SmartantError(
      'DATABASE_SEQUENCE_OUT_OF_RANGE',
      `The value ${wanted.lastValue} is outside of what the sequence "${nameOf(name)}" of the target allows (${has.min} to ${has.max}).`,
      {
        kind: 'precondition',
        hint: 'Give it the bounds that it has at the source (ALTER SEQUENCE), then retry.',
        details: { sequence: nameOf(name) },
      },
    );
  }
  return keepFurther && isFurther(has, wanted) ? has : wanted;
}
