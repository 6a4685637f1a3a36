/** What stands for one code point. `before`: the code point in front of it; empty at the beginning. */
export type Escape = (char: string, before: string) => string;

export interface Fit {
  /** Most that `size` may say of the result. */
  limit: number;
  escape?: Escape;
  /** Default: bytes of UTF-8. */
  size?: (text: string) => number;
  /** Put in the place of what was cut off; it counts. */
  mark?: string;
}

export const utf8Bytes = (text: string): number => Buffer.byteLength(text);
/** For providers that bound a whole JSON body: quotes, backslashes and controls are longer there. */
export const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
export const characters = (text: string): number => text.length;

/**
 * The text, escaped, and cut between two code points where it is too long. Stops reading at the cut, so that it costs no more for a long
 * text than for a short one.
 */
export function fitText(text: string, { limit, escape = (char) => char, size = utf8Bytes, mark = '…' }: Fit): string {
  const room = limit - size(mark);
  let [whole, used, before, cut] = ['', 0, '', ''];
  for (const char of text) {
    const written = escape(char, before);
    used += size(written);
    if (used > limit) return room < 0 ? '' : `${cut}${mark}`;
    whole += written;
    if (used <= room) cut = whole;
    before = char;
  }
  return whole;
}

/** Pieces that each fit, in order; a line is kept whole where it can be. What is beyond `pieces` of them is cut off the last one. */
export function splitText(text: string, { pieces, ...fit }: Fit & { pieces: number }): string[] {
  const done: string[] = [];
  let rest = text;
  while (rest !== '' && done.length < pieces - 1) {
    const part = headOf(rest, fit);
    if (part.length === rest.length) break;
    done.push(fitText(part, { ...fit, mark: '' }));
    rest = rest.slice(part.length).replace(/^\n/, '');
  }
  return rest === '' ? done : [...done, fitText(rest, fit)];
}

/** The longest beginning that fits, up to the end of its last whole line if that is not too near. */
function headOf(text: string, { limit, escape = (char) => char, size = utf8Bytes }: Fit): string {
  let [end, used, before] = [0, 0, ''];
  for (const char of text) {
    used += size(escape(char, before));
    if (used > limit) {
      const line = text.lastIndexOf('\n', end - 1);
      return text.slice(0, line > end / 2 ? line : end);
    }
    end += char.length;
    before = char;
  }
  return text;
}
