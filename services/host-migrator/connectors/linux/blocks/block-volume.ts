import type { Sides } from '../files/host-facts';

/** What is hashed, compared and carried at once: the grain of deltas. Bytes. */
export const CHUNK_BYTES = 4 * 1024 * 1024;

/** A filesystem that is carried by its blocks. */
export interface BlockVolume {
  /** Where the source has mounted it; several of btrfs: the first. */
  mount: string;
  type: string;
  /** Empty: not known. */
  uuid: string;
  /** The device that it shall stand on at the target. */
  targetDevice: string;
}

/** What `syncBlocks` and `verifyBlocks` are about. Nothing of the target's volumes is mounted meanwhile. */
export interface BlocksOptions extends Sides {
  volumes: readonly BlockVolume[];
}

/** A chunk of a volume. Bytes; the last one may be shorter. */
export interface Chunk {
  index: number;
  offset: number;
  bytes: number;
}
