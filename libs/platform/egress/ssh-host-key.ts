import { createHash } from 'node:crypto';

/** Of a public key in its wire form, as `ssh-keygen -l` writes it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa" …: the first string of the wire form (RFC 4253 section 6.6). */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return '';
  return key.subarray(4, 4 + Math.min(key.readUInt32BE(0), 64)).toString('latin1');
}
