import { execFileSync } from 'node:child_process';

/** HMAC-SHA256 by the openssl command: an implementation that shares nothing with ours. */
export function opensslHmac(key: string | Buffer, text: string): Buffer {
  const hex = Buffer.from(key).toString('hex');
  return execFileSync('openssl', ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${hex}`, '-binary'], { input: text });
}
