import type { Schema } from '@smartant/contracts/openapi';
import type { Spec } from './plan';

const GIB = 1024 ** 3;
/** What one page of a listing holds. */
const LISTED = 1_000;
/** The full copy, one round at least, and the final inventory: each lists both sides. */
const LISTINGS = 3;
const PART_BYTES = 16 * 1024 ** 2;

export interface Prices {
  perGibRead: number;
  perThousandReads: number;
  perThousandWrites: number;
}

/** As large providers list them (US dollars, 2026): a first guess, to be replaced by the reader's own. */
export const LISTED_PRICES: Prices = { perGibRead: 0.09, perThousandReads: 0.0004, perThousandWrites: 0.005 };

export interface Outlook {
  /** Of the full copy at that rate, with nothing else in its way. */
  seconds: number;
  /** Of object storage alone. */
  requests: { reads: number; writes: number } | null;
  /** What leaves the source. */
  readBytes: number;
  cost: number;
}

type Estimate = Pick<Schema<'PrecheckResult'>['estimate'], 'objects' | 'bytes'>;

/** What the copy of so much takes over a line of this rate: the limit counts where it is lower. */
export function outlookOf(spec: Spec, { objects, bytes }: Estimate, lineBytesPerSecond: number, prices: Prices): Outlook {
  const limit = spec.limits?.bytesPerSecond ?? 0;
  const rate = limit > 0 ? Math.min(limit, lineBytesPerSecond) : lineBytesPerSecond;
  const requests = spec.kind === 'storage' ? requestsOf(spec, objects, bytes) : null;
  // Rows and files are compared by digests that each side makes of its own; objects are read once more.
  const readBytes = spec.kind === 'storage' && levelOf(spec) === 'content' ? 2 * bytes : bytes;
  const calls = requests === null ? 0 : (requests.reads * prices.perThousandReads + requests.writes * prices.perThousandWrites) / 1_000;
  return { seconds: bytes / rate, requests, readBytes, cost: (readBytes / GIB) * prices.perGibRead + calls };
}

type StorageSpec = Extract<Spec, { kind: 'storage' }>;
const levelOf = ({ storage }: StorageSpec) => storage?.verify ?? 'content';

function requestsOf(spec: StorageSpec, objects: number, bytes: number): { reads: number; writes: number } {
  const listings = 2 * LISTINGS * Math.ceil(objects / LISTED);
  // Both sides of each object are read, or asked for their checksum.
  const compared = levelOf(spec) === 'inventory' ? 0 : 2 * objects;
  return { reads: objects + compared + listings, writes: objects + Math.floor(bytes / (spec.storage?.partSizeBytes || PART_BYTES)) };
}
