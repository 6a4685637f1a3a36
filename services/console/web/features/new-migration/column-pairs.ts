import type { DatabaseScope } from './plan';

export type ColumnChoice = NonNullable<DatabaseScope['columns']>[number];
type Renames = NonNullable<ColumnChoice['renames']>;

/** As they are typed: "mail=email". */
export const pairWords = (renames: Renames = []): string[] => renames.map(({ from, to }) => `${from}=${to}`);

/** What is no pair is left out, so that it is seen to be gone at once. */
export function pairsOf(words: readonly string[]): Renames {
  return words.flatMap((word) => {
    const at = word.indexOf('=');
    const [from, to] = [word.slice(0, at).trim(), word.slice(at + 1).trim()];
    return at > 0 && from !== '' && to !== '' ? [{ from, to }] : [];
  });
}
