type Test = (char: string) => boolean;
type Node =
  | { kind: 'char'; test: Test }
  | { kind: 'all'; parts: Node[] }
  | { kind: 'any'; parts: Node[] }
  | { kind: 'repeat'; part: Node; min: number; max: number };
type Step = { op: 'char'; test: Test } | { op: 'split'; to: [number, number] } | { op: 'jump'; to: number } | { op: 'match' };

/** Of an expression as it is written. */
const LONGEST = 512;
/** Of a program: counted repetitions are written out. Time is at most this for each character. */
const MOST_STEPS = 2_000;
const MOST_REPEATS = 100;
const DEEPEST = 30;

const isDigit: Test = (char) => char >= '0' && char <= '9';
const isWord: Test = (char) => /^[A-Za-z0-9_]$/.test(char);
const isSpace: Test = (char) => /^\s$/.test(char);
const CLASSES: Record<string, Test> = {
  d: isDigit,
  D: (char) => !isDigit(char),
  w: isWord,
  W: (char) => !isWord(char),
  s: isSpace,
  S: (char) => !isSpace(char),
};
const CONTROLS: Record<string, string> = { n: '\n', t: '\t', r: '\r' };

/**
 * Compiles an expression whose matching takes time in proportion to the text, whatever the expression: users write them, and every
 * alert is held against each (Thompson's construction, https://swtch.com/~rsc/regexp/regexp1.html). As in Alertmanager the whole text
 * must match. Known are literals, `.`, classes, `\d \w \s`, groups, `|`, `* + ?` and `{n,m}`; anchors are allowed at both ends. Raises
 * SyntaxError, saying what is wrong, for all else: look-around and back-references have no linear form.
 */
export function compileLinear(expression: string): (text: string) => boolean {
  if (expression.length > LONGEST) throw new SyntaxError(`is longer than ${LONGEST} characters`);
  const steps = programOf(new Parser(expression).parse());
  return (text) => run(steps, text);
}

class Parser {
  private readonly chars: string[];
  private at = 0;
  private depth = 0;

  constructor(expression: string) {
    this.chars = [...expression.replace(/^\^/, '').replace(/(^|[^\\])\$$/, '$1')];
  }

  parse(): Node {
    const node = this.alternatives();
    if (this.at < this.chars.length) throw new SyntaxError('has a ) too many');
    return node;
  }

  private alternatives(): Node {
    if ((this.depth += 1) > DEEPEST) throw new SyntaxError('has groups too deep in one another');
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    this.depth -= 1;
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.chars.length && this.peek() !== '|' && this.peek() !== ')') parts.push(this.repeated(this.atom()));
    return { kind: 'all', parts };
  }

  private repeated(part: Node): Node {
    const bounds = this.bounds();
    if (!bounds) return part;
    // Greedy or not is the same where only yes or no is asked.
    this.take('?');
    if (this.bounds()) throw new SyntaxError('repeats a repetition');
    return { kind: 'repeat', part, ...bounds };
  }

  private bounds(): { min: number; max: number } | null {
    if (this.take('*')) return { min: 0, max: Infinity };
    if (this.take('+')) return { min: 1, max: Infinity };
    if (this.take('?')) return { min: 0, max: 1 };
    if (this.peek() !== '{') return null;
    const end = this.chars.indexOf('}', this.at);
    const found = /^\{(\d+)(,(\d*))?$/.exec(this.chars.slice(this.at, Math.max(end, this.at)).join(''));
    if (!found) throw new SyntaxError('has a { that is no repetition: write \\{');
    this.at = end + 1;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3]);
    if (min > MOST_REPEATS || (max !== Infinity && max > MOST_REPEATS) || max < min)
      throw new SyntaxError(`repeats more than ${MOST_REPEATS} times, or less than nothing`);
    return { min, max };
  }

  private atom(): Node {
    const char = this.next();
    if (char === '(') return this.group();
    if (char === '[') return { kind: 'char', test: this.charClass() };
    if (char === '.') return { kind: 'char', test: () => true };
    if (char === '\\') return { kind: 'char', test: this.escape() };
    if ('*+?{'.includes(char)) throw new SyntaxError(`repeats nothing with ${char}`);
    if ('^$'.includes(char)) throw new SyntaxError(`has a ${char} in the middle: the whole value is matched anyway`);
    return { kind: 'char', test: (other) => other === char };
  }

  private group(): Node {
    if (this.take('?') && !this.take(':')) throw new SyntaxError('uses a group with (?: only plain groups and (?:…) are known');
    const node = this.alternatives();
    if (!this.take(')')) throw new SyntaxError('has a ( that is not closed');
    return node;
  }

  private escape(): Test {
    const char = this.next();
    if (CLASSES[char]) return CLASSES[char];
    const literal = CONTROLS[char] ?? char;
    if (/[A-Za-z0-9]/.test(char) && !CONTROLS[char]) throw new SyntaxError(`has \\${char}, which is not known here`);
    return (other) => other === literal;
  }

  private charClass(): Test {
    const negated = this.take('^');
    const tests: Test[] = [];
    for (let first = true; first || this.peek() !== ']'; first = false) tests.push(this.classItem());
    this.at += 1;
    return negated ? (char) => !tests.some((test) => test(char)) : (char) => tests.some((test) => test(char));
  }

  private classItem(): Test {
    const from = this.next();
    if (from === '\\') return this.escape();
    if (this.peek() !== '-' || this.chars[this.at + 1] === ']') return (char) => char === from;
    this.at += 1;
    const to = this.next();
    if (to === '\\' || to < from) throw new SyntaxError(`has a range ${from}-${to} that is none`);
    return (char) => char >= from && char <= to;
  }

  private peek(): string | undefined {
    return this.chars[this.at];
  }

  private next(): string {
    const char = this.chars[this.at];
    if (char === undefined) throw new SyntaxError('ends too early');
    this.at += 1;
    return char;
  }

  private take(char: string): boolean {
    if (this.chars[this.at] !== char) return false;
    this.at += 1;
    return true;
  }
}

function programOf(node: Node): Step[] {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= MOST_STEPS) throw new SyntaxError('is too large when its repetitions are written out');
    return steps.push(step) - 1;
  };
  const emit = (part: Node): void => {
    if (part.kind === 'char') add({ op: 'char', test: part.test });
    else if (part.kind === 'all') part.parts.forEach(emit);
    else if (part.kind === 'any') emitAny(part.parts);
    else emitRepeat(part);
  };
  const emitAny = (parts: Node[]): void => {
    const ends: number[] = [];
    parts.forEach((part, index) => {
      if (index === parts.length - 1) return emit(part);
      const split = add({ op: 'split', to: [0, 0] });
      emit(part);
      ends.push(add({ op: 'jump', to: 0 }));
      steps[split] = { op: 'split', to: [split + 1, steps.length] };
    });
    for (const end of ends) steps[end] = { op: 'jump', to: steps.length };
  };
  const emitRepeat = ({ part, min, max }: Extract<Node, { kind: 'repeat' }>): void => {
    for (let count = 0; count < min; count += 1) emit(part);
    if (max === Infinity) {
      const split = add({ op: 'split', to: [0, 0] });
      emit(part);
      add({ op: 'jump', to: split });
      steps[split] = { op: 'split', to: [split + 1, steps.length] };
      return;
    }
    const splits: number[] = [];
    for (let count = min; count < max; count += 1) {
      splits.push(add({ op: 'split', to: [0, 0] }));
      emit(part);
    }
    for (const split of splits) steps[split] = { op: 'split', to: [split + 1, steps.length] };
  };
  emit(node);
  add({ op: 'match' });
  return steps;
}

function run(steps: Step[], text: string): boolean {
  const seen = new Int32Array(steps.length).fill(-1);
  let position = 0;
  const reach = (from: number[], into: number[]): void => {
    const stack = [...from];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen[at] === position) continue;
      seen[at] = position;
      const step = steps[at]!;
      if (step.op === 'jump') stack.push(step.to);
      else if (step.op === 'split') stack.push(...step.to);
      else into.push(at);
    }
  };
  let current: number[] = [];
  reach([0], current);
  for (const char of text) {
    position += 1;
    const next: number[] = [];
    for (const at of current) {
      const step = steps[at]!;
      if (step.op === 'char' && step.test(char)) reach([at + 1], next);
    }
    if (next.length === 0) return false;
    current = next;
  }
  return current.some((at) => steps[at]!.op === 'match');
}
