import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SmartantError } from '@smartant/kernel';
import { sha256 } from '../canonical-encoding';

export interface ReportKey {
  /** PKCS #8 PEM. */
  privateKeyPem: string;
  /** SPKI PEM. */
  publicKeyPem: string;
  keyId: string;
}

/** A new Ed25519 key pair for signing reports. */
export function createReportKey(): ReportKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKeyPem, keyId: keyIdOf(publicKeyPem) };
}

/** The first 32 hex characters of SHA-256 over the key's SPKI DER. Raises PROOF_KEY_UNREADABLE. */
export function keyIdOf(publicKeyPem: string): string {
  const der = readPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
  return sha256(der).toString('hex').slice(0, 32);
}

/** Reads an Ed25519 public key. A private key is refused: it has no business in a verifier. Raises PROOF_KEY_UNREADABLE. */
export function readPublicKey(pem: string): KeyObject {
  if (/PRIVATE KEY/.test(pem)) throw unreadable('it is a private key');
  return readEd25519(() => createPublicKey(pem));
}

/** Reads an Ed25519 private key. Raises PROOF_KEY_UNREADABLE. */
export function readPrivateKey(pem: string): KeyObject {
  return readEd25519(() => createPrivateKey(pem));
}

function readEd25519(read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // The cause is left out on purpose: it may quote key material.
    throw unreadable('it is not a PEM key');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unreadable(`it is of type ${key.asymmetricKeyType}`);
  return key;
}

function unreadable(detail: string): SmartantError {
  return new SmartantError('PROOF_KEY_UNREADABLE', `The key cannot be used: ${detail}.`, {
    kind: 'invalid',
    hint: 'Give the Ed25519 public key as a PEM file ("-----BEGIN PUBLIC KEY-----"), as shown by "smartant keys list".',
  });
}
