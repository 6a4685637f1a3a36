import 'reflect-metadata'; // @peculiar/x509 asks for it at load time
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Node's clock and a peer's may differ a little, also backwards after a virtual machine was resumed. */
const BACKDATE_MS = DAY_MS;
const AUTHORITY_DAYS = 3_650;
/** Short, since nothing revokes them; long enough for a platform that is stopped over a weekend. */
const LEAF_DAYS = 7;
const RENEW_LEAF_DAYS = 4;
/** An authority is replaced when less than this is left. */
const RENEW_DAYS = 60;

export interface IssuedCertificate {
  caFile: string;
  certFile: string;
  keyFile: string;
}

/**
 * The private authority of an installation on one machine: `ca.crt` and `ca.key` (mode 0600) in `dir`, made at the first start and
 * again when its end is near. While one authority replaces another (`advanceRollover`), `ca.crt` holds both, the signing one first. Certificates of an earlier authority are then reissued by `issueCertificate`. Not safe against
 * two processes at once: the supervisor alone calls it. Raises `TLS_AUTHORITY_UNREADABLE`.
 */
export async function ensureAuthority(dir: string): Promise<{ caFile: string }> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const [caFile, keyFile] = [join(dir, 'ca.crt'), join(dir, 'ca.key')];
  completeSwitch(dir);
  // One whose end is near is replaced step by step (`advanceRollover`); here only one that cannot sign a leaf any more.
  if (existsSync(keyFile) && daysLeft(caFile) > LEAF_DAYS) return { caFile };
  const made = await makeAuthority();
  writePrivately(keyFile, made.keyPem);
  writePrivately(caFile, made.certificatePem);
  return { caFile };
}

/**
 * Finishes a switch to the next authority that a crash has cut off: `ca.crt` names it as the signing one already, and the key
 * beside it would still be the earlier one's.
 */
export function completeSwitch(dir: string): void {
  const [nextCaFile, nextKeyFile] = [join(dir, 'ca-next.crt'), join(dir, 'ca-next.key')];
  if (!existsSync(nextCaFile)) return;
  const [signing] = certificatesOf(readFileSync(join(dir, 'ca.crt'), 'utf8'));
  if (signing !== certificatesOf(readFileSync(nextCaFile, 'utf8'))[0]) return;
  if (existsSync(nextKeyFile)) renameSync(nextKeyFile, join(dir, 'ca.key'));
  rmSync(nextCaFile);
}

/** True when it is time to replace the authority. */
export function authorityEndsSoon(dir: string): boolean {
  return daysLeft(join(dir, 'ca.crt')) <= RENEW_DAYS;
}

export async function makeAuthority(): Promise<{ certificatePem: string; keyPem: string }> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(AUTHORITY_DAYS),
    name: `CN=SmartAnt local authority ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
}

/** The certificates of a PEM text, each by itself. */
export function certificatesOf(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}

/**
 * A certificate for one service: `<commonName>.crt` and `.key` (mode 0600) in `dir`, good for servers and clients, for the names
 * `commonName`, `localhost`, 127.0.0.1 and ::1. Good for a week, and kept while it has
 * more than four days left and is of the present authority: call it again and again, and services take up what is new.
 */
export async function issueCertificate(dir: string, commonName: string): Promise<IssuedCertificate> {
  const { caFile } = await ensureAuthority(dir);
  const issued = { caFile, certFile: join(dir, `${commonName}.crt`), keyFile: join(dir, `${commonName}.key`) };
  if (existsSync(issued.keyFile) && daysLeft(issued.certFile) > RENEW_LEAF_DAYS && isIssuedBy(issued.certFile, caFile)) return issued;
  const authority = new x509.X509Certificate(certificatesOf(readFileSync(caFile, 'utf8'))[0] ?? '');
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(LEAF_DAYS),
    subject: `CN=${commonName}`,
    issuer: authority.subject,
    publicKey: keys.publicKey,
    signingKey: await importKey(join(dir, 'ca.key')),
    signingAlgorithm: ALGORITHM,
    extensions: await leafExtensions(commonName, keys.publicKey, authority),
  });
  writePrivately(issued.keyFile, await exportKey(keys.privateKey));
  writePrivately(issued.certFile, certificate.toString('pem'));
  return issued;
}

async function leafExtensions(commonName: string, publicKey: CryptoKey, authority: x509.X509Certificate): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: commonName },
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '::1' },
    ]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(authority),
  ];
}

type CryptoKey = webcrypto.CryptoKey;

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}

async function importKey(path: string): Promise<CryptoKey> {
  try {
    const [der] = x509.PemConverter.decode(readFileSync(path, 'utf8'));
    return await webcrypto.subtle.importKey('pkcs8', der as ArrayBuffer, ALGORITHM, false, ['sign']);
  } catch (error) {
    throw new SmartantError('TLS_AUTHORITY_UNREADABLE', `The authority's key ${path} cannot be read.`, {
      kind: 'internal',
      actor: 'operator',
      hint: 'Restore the file, or delete the whole folder so that a new authority is made at the next start.',
      cause: error,
    });
  }
}

function validity(days: number) {
  const nowMs = Date.now();
  // Serial numbers are positive and at most 20 bytes (RFC 5280 4.1.2.2).
  const serialNumber = `00${randomBytes(15).toString('hex')}`;
  return { serialNumber, notBefore: new Date(nowMs - BACKDATE_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

function daysLeft(certFile: string): number {
  if (!existsSync(certFile)) return 0;
  try {
    return (Date.parse(new X509Certificate(readFileSync(certFile)).validTo) - Date.now()) / DAY_MS;
  } catch {
    return 0; // A half-written or foreign file is replaced.
  }
}

function isIssuedBy(certFile: string, caFile: string): boolean {
  const authority = new X509Certificate(readFileSync(caFile));
  const certificate = new X509Certificate(readFileSync(certFile));
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

export function writePrivately(path: string, content: string): void {
  const partial = `${path}.new`;
  writeFileSync(partial, content, { mode: 0o600 });
  renameSync(partial, path);
}
