import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

const quietMs = 10_000;

/**
 * Follows what a process writes. Structured lines are already in its own log file, so only warnings and errors are shown,
 * the same one at most once in ten seconds; anything else goes to `file`. Keeps the last plain lines for a post-mortem.
 */
export class LogDigest {
  lastLines = [];
  #shown = new Map();

  constructor({ name, file, say }) {
    this.name = name;
    this.say = say;
    this.output = createWriteStream(file, { flags: 'a', mode: 0o600 });
    // A full disk must not end the supervisor: what cannot be written here is lost.
    this.output.on('error', () => {});
  }

  follow(stream) {
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => this.#take(line));
  }

  #take(line) {
    const record = line.startsWith('{') ? parse(line) : undefined;
    if (typeof record?.level !== 'number') {
      this.output.write(`${line}\n`);
      this.#remember(line);
      return;
    }
    if (record.level < 40) return;
    const code = record.code ?? record.err?.code;
    const text = `${record.msg ?? ''}${code ? ` (${code})` : ''}`;
    this.#remember(text);
    this.#show(record.level >= 50 ? 'error' : 'warning', text);
  }

  #remember(line) {
    this.lastLines.push(line);
    if (this.lastLines.length > 20) this.lastLines.shift();
  }

  #show(severity, text) {
    const nowMs = Date.now();
    const seen = this.#shown.get(text);
    if (seen && nowMs - seen.atMs < quietMs) {
      seen.more += 1;
      return;
    }
    if (this.#shown.size > 200) this.#shown.clear();
    this.#shown.set(text, { atMs: nowMs, more: 0 });
    this.say(`${this.name} ${severity}: ${text}${seen?.more ? ` (and ${seen.more} more like it before)` : ''}`);
  }

  close() {
    this.output.end();
  }
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
