import { sign, verify } from 'node:crypto';
import { readPrivateKey, readPublicKey } from './report-key';

/** https://github.com/secure-systems-lab/dsse/blob/master/envelope.md: payload and signatures are base64. */
export interface DsseEnvelope {
  payloadType: string;
  payload: string;
  signatures: { keyid: string; sig: string }[];
}

/** The bytes that are signed: DSSE's pre-authentication encoding v1, so that a payload's type cannot be changed under it. */
export function preAuthenticationEncoding(payloadType: string, payload: Buffer): Buffer {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** Signs a payload with Ed25519. Raises PROOF_KEY_UNREADABLE. */
export function signEnvelope(payloadType: string, payload: Buffer, privateKeyPem: string, keyId: string): DsseEnvelope {
  const signature = sign(null, preAuthenticationEncoding(payloadType, payload), readPrivateKey(privateKeyPem));
  return { payloadType, payload: payload.toString('base64'), signatures: [{ keyid: keyId, sig: signature.toString('base64') }] };
}

/** Whether any signature was made by this key. The envelope's key ids are hints that nobody signed: they are not asked. */
export function isSignedBy(envelope: DsseEnvelope, publicKeyPem: string): boolean {
  const signed = preAuthenticationEncoding(envelope.payloadType, Buffer.from(envelope.payload, 'base64'));
  const key = readPublicKey(publicKeyPem);
  return envelope.signatures.some((signature) => verify(null, signed, key, Buffer.from(signature.sig, 'base64')));
}
