import type { BigIntStats } from 'node:fs';
import { lookup } from 'mime-types';
import type { ObjectProperties } from '@smartant/connectors';

const UNKNOWN_TYPE = 'application/octet-stream';
const FOLDER_TYPE = 'application/x-directory';

/**
 * What a file has besides its bytes, in rclone's form, so that rclone and others restore it: `mtime` in seconds with
 * nanoseconds, `mode` in octal with the file type. https://rclone.org/s3/#metadata and https://rclone.org/local/#metadata
 */
export function fileProperties(name: string, stats: BigIntStats): ObjectProperties {
  const contentType = stats.isDirectory() ? FOLDER_TYPE : lookup(name) || UNKNOWN_TYPE;
  return { contentType, metadata: { mtime: decimalSeconds(stats.mtimeNs), mode: stats.mode.toString(8) }, tags: {} };
}

/** Nanoseconds since the epoch as seconds: "1736000000.123456789", "-1.5", "0". */
export function decimalSeconds(nanoseconds: bigint): string {
  const [sign, magnitude] = nanoseconds < 0n ? ['-', -nanoseconds] : ['', nanoseconds];
  const fraction = (magnitude % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${sign}${magnitude / 1_000_000_000n}${fraction ? `.${fraction}` : ''}`;
}
