/**
 * What is wrong with a glob, as the end of a sentence about it; undefined when nothing is. A bracket or brace that is
 * never closed would match itself alone, which nobody means: `\[` says that.
 */
export function globProblem(glob: string): string | undefined {
  if (glob === '') return 'is empty';
  let braces = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at];
    if (character === '\\') {
      at += 1;
      if (at === glob.length) return 'ends in a "\\" that escapes nothing';
    } else if (character === '[') {
      at = endOfClass(glob, at);
      if (at < 0) return 'has a "[" that is never closed; write "\\[" for the character';
    } else if (character === '{') {
      braces += 1;
    } else if (character === '}' && braces > 0) {
      braces -= 1;
    }
  }
  return braces > 0 ? 'has a "{" that is never closed; write "\\{" for the character' : undefined;
}

/** Index of the "]" that ends the class begun at `start`, or -1. A "]" right at its beginning is one of its characters. */
function endOfClass(glob: string, start: number): number {
  let at = start + 1;
  if (glob[at] === '^' || glob[at] === '!') at += 1;
  for (at += 1; at < glob.length; at += 1) {
    if (glob[at] === ']') return at;
    if (glob[at] === '\\') at += 1;
  }
  return -1;
}
