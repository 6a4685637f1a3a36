import 'reflect-metadata'; // @peculiar/x509 asks for it at load time
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface TestCertificate {
  cert: string;
  key: string;
  /** SHA-256 in lower-case hexadecimal. */
  fingerprint: string;
}

export interface TestAuthority {
  caPem: string;
  /** For these names, addresses and URIs. `fromMs` and `toMs` are told from now. */
  issue(names: string[], validity?: { fromMs: number; toMs: number }): Promise<TestCertificate>;
}

/** A certificate authority of its own, for certificates with whatever is wrong with them. */
export async function testAuthority(): Promise<TestAuthority> {
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...dates({ fromMs: -DAY_MS, toMs: DAY_MS }),
    name: `CN=Test authority ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  });
  return {
    caPem: ca.toString('pem'),
    issue: async (names, validity = { fromMs: -DAY_MS, toMs: DAY_MS }) => {
      const own = await newKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        ...dates(validity),
        subject: `CN=${names[0]}`,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: typeOf(value), value }))),
        ],
      });
      const cert = certificate.toString('pem');
      const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY');
      return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase() };
    },
  };
}

function typeOf(name: string): 'ip' | 'dns' | 'url' {
  if (name.includes('://')) return 'url';
  return /^[\d.]+$/.test(name) ? 'ip' : 'dns';
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

function dates({ fromMs, toMs }: { fromMs: number; toMs: number }) {
  const nowMs = Date.now();
  return { serialNumber: `00${randomBytes(15).toString('hex')}`, notBefore: new Date(nowMs + fromMs), notAfter: new Date(nowMs + toMs) };
}
