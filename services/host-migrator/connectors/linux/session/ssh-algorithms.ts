import type { Algorithms } from 'ssh2';

/** Families of host keys, best first; a server shows one key for each. */
export const HOST_KEY_FAMILIES = {
  ed25519: ['ssh-ed25519'],
  ecdsa: ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  rsa: ['rsa-sha2-512', 'rsa-sha2-256'],
} as const;

const KEX = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
];
/** AES-GCM moves several times the bytes of ChaCha20 in a CPU second here. */
const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
];
const MACS = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'];

/** Broken or weak today, and all that an OpenSSH of RHEL 5 and 6 has. SHA-1 as a MAC is not broken, but nothing new lacks SHA-2. */
export const LEGACY = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  cipher: ['aes128-cbc', 'aes256-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'],
};

/** What is offered to a server. `legacy`: what is weak as well, behind everything else. */
export function algorithmsFor({ legacy, family }: { legacy: boolean; family?: keyof typeof HOST_KEY_FAMILIES }): Algorithms {
  const keys: string[] = family ? [...HOST_KEY_FAMILIES[family]] : Object.values(HOST_KEY_FAMILIES).flat();
  const weakKeys = family === undefined || family === 'rsa' ? LEGACY.serverHostKey : [];
  const offer = {
    kex: [...KEX, ...(legacy ? LEGACY.kex : [])],
    serverHostKey: [...keys, ...(legacy ? weakKeys : [])],
    cipher: [...CIPHERS, ...(legacy ? LEGACY.cipher : [])],
    hmac: [...MACS, ...(legacy ? LEGACY.hmac : [])],
    // Compressed where it pays, by what we run.
    compress: ['none'],
  };
  return offer as Algorithms;
}
