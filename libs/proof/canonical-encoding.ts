import { hash } from 'node:crypto';

/** A byte string preceded by its length as an unsigned 32-bit big-endian number, so that no two lists of fields encode alike. */
export function field(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  const out = Buffer.allocUnsafe(4 + bytes.length);
  out.writeUInt32BE(bytes.length, 0);
  bytes.copy(out, 4);
  return out;
}

/** An unsigned 32-bit big-endian number. */
export function uint32(value: number): Buffer {
  const out = Buffer.allocUnsafe(4);
  out.writeUInt32BE(value, 0);
  return out;
}

/** A signed 64-bit big-endian number. */
export function int64(value: number): Buffer {
  const out = Buffer.allocUnsafe(8);
  out.writeBigInt64BE(BigInt(value), 0);
  return out;
}

/** SHA-256 in one call: a third faster than a Hash object for the short inputs of a leaf. */
export function sha256(bytes: Buffer | string): Buffer {
  return hash('sha256', bytes, 'buffer');
}
