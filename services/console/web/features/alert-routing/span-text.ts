import type { Formats } from '../../language/format';

/** A span as people say it: the API gives whole seconds ("900s"); what was typed in, and is not saved yet, stays as it was typed. */
export function spanText({ duration }: Pick<Formats, 'duration'>, text: string): string {
  const seconds = /^(\d+)s$/.exec(text)?.[1];
  return seconds === undefined ? text : duration(Number(seconds));
}
