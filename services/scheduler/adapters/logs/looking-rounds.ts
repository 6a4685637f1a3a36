import { SmartantError } from '@smartant/kernel';

/** Lines that a store is asked for at once, where more have to be looked at than are wanted. */
export const ROUND = 1_000;
export const MOST_ROUNDS = 20;

/** What a store found and nobody had asked for is left out by us; this many such lines are enough. */
export function tooWide(): SmartantError {
  return new SmartantError('LOG_SEARCH_TOO_WIDE', `None but few of the newest ${MOST_ROUNDS * ROUND} lines have what was asked for.`, {
    kind: 'precondition',
    hint: 'Narrow the search by time, service, level or migration, or ask for whole words.',
  });
}
