import { createContext } from 'react';
import { toProblem } from '../api/api-problem';

/** What the API says of fields, by their dotted paths (`spec.storage.include.0`). */
export type FieldMessages = readonly { field: string; message: string }[];

export const FieldProblems = createContext<FieldMessages>([]);

/** None where the error is of no field. */
export function fieldMessagesOf(error: unknown): FieldMessages {
  return error === null || error === undefined ? [] : (toProblem(error).fields ?? []);
}

/** What is said of a field or of something in it; of an entry of a list with its number, as people count. */
export function messageAt(messages: FieldMessages, path: string): string | undefined {
  const found = messages.filter(({ field }) => field === path || field.startsWith(`${path}.`));
  if (found.length === 0) return undefined;
  return found.map(({ field, message }) => `${placeIn(field.slice(path.length + 1))}${message}`).join('; ');
}

function placeIn(rest: string): string {
  if (rest === '') return '';
  const [first = '', ...others] = rest.split('.');
  return `${[/^\d+$/.test(first) ? `#${Number(first) + 1}` : first, ...others].join(' ')}: `;
}
