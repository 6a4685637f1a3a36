import { SmartantError } from '@smartant/kernel';

export interface PartLimits {
  minBytes: number;
  maxBytes: number;
  maxParts: number;
}

export interface Part {
  /** From 1. */
  partNumber: number;
  /** First byte. */
  start: number;
  /** One past the last byte. */
  end: number;
}

export const DEFAULT_PART_SIZE_BYTES = 16 * 1024 * 1024;
const MIB = 1024 * 1024;

/**
 * Bytes of each part but the last: what is wanted (0: 16 MiB), not under the target's minimum (S3: 5 MiB), and as much
 * more as `maxParts` (S3: 10,000) makes necessary, in whole MiB. Objects up to this size are written by one put.
 * Raises OBJECT_TOO_LARGE.
 */
export function partSizeFor(sizeBytes: number, wantedBytes: number, limits: PartLimits): number {
  const needed = Math.ceil(sizeBytes / limits.maxParts / MIB) * MIB;
  const partSize = Math.min(Math.max(wantedBytes || DEFAULT_PART_SIZE_BYTES, limits.minBytes, needed), limits.maxBytes);
  if (partSize * limits.maxParts < sizeBytes) {
    throw new SmartantError('OBJECT_TOO_LARGE', `An object of ${sizeBytes} bytes does not fit in ${limits.maxParts} parts.`, {
      kind: 'invalid',
      hint: 'The target cannot hold an object of this size. Exclude it, or waive it on the record.',
    });
  }
  return partSize;
}

/** The parts of an object, in order; without gaps; an empty object has one empty part. */
export function partsOf(sizeBytes: number, partSizeBytes: number): Part[] {
  const count = Math.max(1, Math.ceil(sizeBytes / partSizeBytes));
  return Array.from({ length: count }, (_, index) => ({
    partNumber: index + 1,
    start: index * partSizeBytes,
    end: Math.min((index + 1) * partSizeBytes, sizeBytes),
  }));
}
