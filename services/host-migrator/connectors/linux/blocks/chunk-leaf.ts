import { BucketDigests, leafDigest } from '@smartant/proof';
import type { Chunk } from './block-volume';

/** A chunk as an auditor would describe it: bytes of a volume that is named by its mount point. */
export function chunkKey(mount: string, { offset, bytes }: Chunk): string {
  return `${mount} (bytes ${offset} to ${offset + bytes - 1})`;
}

/** `hash`: SHA-256 of its content, in hexadecimal. */
export function addChunk(digests: BucketDigests, mount: string, chunk: Chunk, hash: string): void {
  const key = chunkKey(mount, chunk);
  const evidence = { kind: 'sha256', digest: Buffer.from(hash, 'hex') } as const;
  digests.add(key, leafDigest({ key, size: chunk.bytes, evidence, properties: { type: 'chunk' } }), chunk.bytes);
}
