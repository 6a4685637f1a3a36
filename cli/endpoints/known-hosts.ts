import { createHash, createHmac } from 'node:crypto';

/**
 * Fingerprints ("SHA256:…") of the keys that a known_hosts text has for a host, as sshd(8) describes its lines: names by commas, others than
 * port 22 as `[host]:port`, or hashed. Wildcards, certificates' authorities and revoked keys are left out: none pins a host.
 */
export function knownHostKeys(text: string, host: string, port: number): string[] {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const lines = text.split(/\r?\n/).map((line) => line.trim().split(/\s+/));
  const found = lines.filter(([names = '', , key]) => key !== undefined && !/^[#@]/.test(names) && isFor(names, name));
  const revoked = new Set(lines.filter(([marker]) => marker === '@revoked').map(([, , , key]) => key));
  return [...new Set(found.filter(([, , key]) => !revoked.has(key)).map(([, , key = '']) => fingerprint(key)))];
}

function isFor(names: string, wanted: string): boolean {
  const [, marker, salt = '', hashed] = names.split('|');
  if (marker === '1') return createHmac('sha1', Buffer.from(salt, 'base64')).update(wanted).digest('base64') === hashed;
  return names.toLowerCase().split(',').includes(wanted);
}

function fingerprint(key: string): string {
  return `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;
}
