import { crc32 } from 'node:zlib';

/** CRC32 as S3 writes it: four bytes, big endian, in base64. */
export function crc32Base64(bytes: Buffer): string {
  const buffer = Buffer.allocUnsafe(4);
  buffer.writeUInt32BE(crc32(bytes));
  return buffer.toString('base64');
}
