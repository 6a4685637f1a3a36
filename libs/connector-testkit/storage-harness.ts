import { SmartantError } from '@smartant/kernel';
import type { ListedObject, ObjectProperties, OpenStorageOptions, StorageConnector, StorageReader, KeyRange } from '@smartant/connectors';

/** Something that a suite puts into a store before it looks at the connector. */
export interface SeedObject {
  key: string;
  bytes: Buffer;
  properties?: Partial<ObjectProperties>;
}

/** What a suite needs of a real store. Each call of a setup gives an empty place of its own. */
export interface StorageHarness {
  /** Opens the connector under test. Suites close what they opened. */
  open(options?: Partial<OpenStorageOptions>): StorageConnector;
  /** Writes objects, or replaces them. */
  seed(objects: SeedObject[]): Promise<void>;
  remove(keys: string[]): Promise<void>;
  /** Connectors that cannot work, by the code that they must raise. */
  broken?: Record<string, () => StorageConnector>;
  close(): Promise<void>;
}

/** What a real store is known to lack. A suite leaves out what depends on it, and says so in the test's name. */
export interface StorageTraits {
  /** Keys of HOSTILE_KEYS that the store itself refuses or mangles. */
  refusedKeys?: string[];
  /** Values outside ASCII in metadata are kept. Default: true. */
  unicodeMetadata?: boolean;
  /** Abilities that `tryWriting` must find. */
  abilities?: string[];
  /** How many requests a listing of a page may take before the first entries arrive; absent where requests are not counted. */
  countsRequests?: boolean;
}

/** Names that break migration tools; see the trap list in docs/architecture.md. Every one is a legal S3 key. */
export const HOSTILE_KEYS = [
  'plain',
  'a b',
  'a+b',
  'a%2Fb',
  'a%b',
  'a&b<c>"d\'',
  'ä/composed',
  'a\u0308/decomposed',
  '日本/😀',
  '\ue000private',
  '\u{1f600}emoji',
  'control\u0001x',
  'tab\tx',
  'return\rx',
  'feed\nx',
  'folder/',
  'folder/x',
  'folder-x',
  'n',
  'n/b',
  'double//slash',
  'a/../up',
  'a/./here',
  '..',
  'soap',
  'trailing ',
  ' leading',
  "~!*()'",
  '=?UTF-8?Q?x?=',
  'back\\slash',
  '__proto__',
  '\u00a0',
  'x'.repeat(1_024),
];

export const never = new AbortController().signal;

/** All of a range. */
export async function listAll(reader: StorageReader, range: KeyRange = {}): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  for await (const object of reader.list(range, never)) found.push(object);
  return found;
}

/** The code that a call raises; fails the test with what else happened. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SmartantError) return error.code;
    throw new Error(`Not a SmartantError: ${String(error)}`, { cause: error });
  }
  return 'nothing was raised';
}

/** Bytes that differ everywhere, the same for the same seed. */
export function patterned(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
