import { sha256 } from './canonical-encoding';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** Hash of one entry of the tree, as RFC 6962 section 2.1: SHA-256 of a zero byte and the entry. */
export function merkleLeaf(entry: Buffer): Buffer {
  return sha256(Buffer.concat([LEAF, entry]));
}

/** Root over hashed entries, as RFC 6962 section 2.1. No entries: SHA-256 of nothing. */
export function merkleRoot(leaves: Buffer[]): Buffer {
  const [first] = leaves;
  if (!first) return sha256('');
  if (leaves.length === 1) return first;
  // The largest power of two that is smaller than the count.
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Buffer.concat([NODE, merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split))]));
}
