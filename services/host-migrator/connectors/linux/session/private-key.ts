import { createPrivateKey } from 'node:crypto';

/** What the SSH library reads: OpenSSH's own form, PKCS #1, SEC 1 and PuTTY's. */
export interface PrivateKey {
  privateKey: string | undefined;
  passphrase: string | undefined;
}

/**
 * A private key as the SSH library reads it. Of PKCS #8 it reads nothing, so an RSA or ECDSA key in that form is written in its own. Raises the
 * parser's error, which must not be shown: it may quote the key.
 */
export function readPrivateKey(privateKeyPem: string | undefined, passphrase: string | undefined): PrivateKey {
  if (privateKeyPem === undefined || !/-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/.test(privateKeyPem)) {
    return { privateKey: privateKeyPem, passphrase };
  }
  const key = createPrivateKey({ key: privateKeyPem, passphrase });
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
  return { privateKey: key.export({ type, format: 'pem' }).toString(), passphrase: undefined };
}
