import { randomBytes } from 'node:crypto';

/** Bytes that base64 writes as a whole group whatever stands before and after them lie between these. */
const GROUP = 3;

/**
 * Secrets that are looked for afterwards. Each carries a mark of letters and digits that is new in every run, so one search finds all of
 * them, and finds them also where they were escaped for JSON or a URL.
 */
export class Canaries {
  readonly mark = `canary${randomBytes(9).toString('hex')}`;
  /** Secrets that the platform makes itself, and which carry no mark. */
  private readonly others: string[] = [];
  private count = 0;

  /** A new secret, with every character that software likes to escape. Without spaces, which no secret of S3 has. */
  secret(): string {
    return `${this.mark}${(this.count += 1)}/+="&<%'\\`;
  }

  /** A new secret of 32 bytes in base64, as the master key is. */
  key(): string {
    return Buffer.concat([Buffer.from(this.mark), randomBytes(32)])
      .subarray(0, 32)
      .toString('base64');
  }

  /** Looks for this one too. */
  also(secret: string): string {
    this.others.push(secret);
    return secret;
  }

  /** What to search for: as it is, in hexadecimal, and in base64 of both alphabets, wherever in a longer text it stood. */
  needles(): Buffer[] {
    const forms = [this.mark, ...this.others].flatMap((text) => {
      const bytes = Buffer.from(text);
      return [text, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...base64Forms(bytes)];
    });
    return [...new Set(forms)].map((form) => Buffer.from(form));
  }
}

/** The part of its base64 that does not depend on its neighbours, for each of the three places in a group at which it may begin. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const start = (GROUP - offset) % GROUP;
    const whole = bytes.subarray(start, start + Math.floor((bytes.length - start) / GROUP) * GROUP);
    return [whole.toString('base64'), whole.toString('base64url')];
  });
}

/** Where a needle stands in the text, with what is around it; null when none does. */
export function findIn(text: Buffer, needles: readonly Buffer[]): string | null {
  for (const needle of needles) {
    const at = text.indexOf(needle);
    if (at >= 0) return text.subarray(Math.max(0, at - 120), at + needle.length + 20).toString('latin1');
  }
  return null;
}
