import { hash } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import { field } from './canonical-encoding';

const STATE_BYTES = 2_048;
const WORDS = STATE_BYTES / 4;
const ELEMENT_DOMAIN = field('smartant/lthash16/v1');

/**
 * LtHash16 (Lewi, Kim, Maykov, Weis, "Securing Update Propagation with Homomorphic Hashing", 2019): a multiset hash of
 * 1,024 lanes of 16 bits. An element's lanes are SHAKE256 of its digest, read as little-endian numbers; lanes add up
 * modulo 65,536. So the order and grouping of additions do not matter, and removing undoes adding. The paper expands
 * with BLAKE2Xb; SHAKE256 is the extendable function that Node's and everybody else's standard library has.
 */
export class LtHash {
  // Two lanes in a word: half the additions. Words are little-endian in memory on every platform Node 24 ships for.
  private constructor(private readonly words: Uint32Array) {}

  /** The hash of the empty multiset. */
  static empty(): LtHash {
    return new LtHash(new Uint32Array(WORDS));
  }

  /** Adds an element, given as its 32-byte digest. */
  add(digest: Buffer): void {
    addLanes(this.words, expand(digest));
  }

  /** Takes one occurrence of an element away, whether or not it was added before. */
  remove(digest: Buffer): void {
    subtractLanes(this.words, expand(digest));
  }

  /** Adds all elements of another hash. */
  merge(other: LtHash): void {
    addLanes(this.words, other.words);
  }

  /** Takes all elements of another hash away. */
  subtract(other: LtHash): void {
    subtractLanes(this.words, other.words);
  }

  equals(other: LtHash): boolean {
    return this.words.every((word, index) => word === other.words[index]);
  }

  isZero(): boolean {
    return this.words.every((word) => word === 0);
  }

  /** 2,048 bytes: the lanes in order, each little-endian. */
  serialize(): Buffer {
    return Buffer.from(this.words.slice().buffer);
  }

  /** Reads what `serialize` wrote. Raises PROOF_STATE_MALFORMED. */
  static deserialize(bytes: Buffer): LtHash {
    if (bytes.length !== STATE_BYTES) throw malformedState(`${bytes.length} bytes instead of ${STATE_BYTES}`);
    return new LtHash(asWords(bytes).slice());
  }
}

export function malformedState(detail: string): SmartantError {
  return new SmartantError('PROOF_STATE_MALFORMED', `A stored digest cannot be read: ${detail}.`, {
    kind: 'internal',
    actor: 'operator',
    hint: 'The row was damaged or written by another version. Start the verification again.',
  });
}

function expand(digest: Buffer): Uint32Array {
  return asWords(hash('shake256', Buffer.concat([ELEMENT_DOMAIN, digest]), { outputEncoding: 'buffer', outputLength: STATE_BYTES }));
}

function asWords(bytes: Buffer): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, WORDS);
}

// Adding both lanes of a word at once: the top bit of each lane is left out of the sum and put back without its carry.
function addLanes(into: Uint32Array, from: Uint32Array): void {
  for (let i = 0; i < WORDS; i += 1) {
    const a = into[i] as number;
    const b = from[i] as number;
    into[i] = ((a & 0x7fff7fff) + (b & 0x7fff7fff)) ^ ((a ^ b) & 0x80008000);
  }
}

function subtractLanes(into: Uint32Array, from: Uint32Array): void {
  for (let i = 0; i < WORDS; i += 1) {
    const a = into[i] as number;
    const b = from[i] as number;
    into[i] = ((a | 0x80008000) - (b & 0x7fff7fff)) ^ ((a ^ ~b) & 0x80008000);
  }
}
