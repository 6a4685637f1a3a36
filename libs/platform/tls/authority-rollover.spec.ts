import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advanceRollover, authorityEndsSoon, ensureAuthority, issueCertificate, requestRollover, takeRolloverRequest } from './index';

const later = () => Date.now() + 120_000;
let dir: string;
const read = (name: string) => readFileSync(join(dir, name), 'utf8');
const trusted = () => read('ca.crt').match(/-----BEGIN/g)?.length;

/** Whether the certificate is signed by the authority that stands first, and not only in its name. */
function isSound(file: string): boolean {
  return new X509Certificate(readFileSync(file)).verify(new X509Certificate(read('ca.crt')).publicKey);
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'smartant-rollover-'));
  await ensureAuthority(dir);
});

it('does nothing unless it is asked to', async () => {
  expect(await advanceRollover(dir, { begin: false, nowMs: later() })).toBe('none');
  expect(authorityEndsSoon(dir)).toBe(false);
});

it('reissues certificates when the next authority signs, and not before', async () => {
  const { certFile } = await issueCertificate(dir, 'scheduler');
  const first = readFileSync(certFile, 'utf8');
  await advanceRollover(dir, { begin: true });
  await issueCertificate(dir, 'scheduler');
  expect([readFileSync(certFile, 'utf8') === first, trusted()]).toEqual([true, 2]);
  expect(await advanceRollover(dir, { begin: false, nowMs: later() })).toBe('switched');
  await issueCertificate(dir, 'scheduler');
  expect([readFileSync(certFile, 'utf8') === first, trusted(), isSound(certFile)]).toEqual([false, 2, true]);
  expect(await advanceRollover(dir, { begin: false, nowMs: later() })).toBe('finished');
  expect([trusted(), isSound(certFile)]).toEqual([1, true]);
});

it('finishes at the next start what a crash has cut off in the middle of the switch', async () => {
  await advanceRollover(dir, { begin: true });
  // The bundle is written, and the key is not moved yet.
  const [old = '', next = ''] = read('ca.crt').match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  writeFileSync(join(dir, 'ca.crt'), `${next}\n${old}\n`);
  const { certFile } = await issueCertificate(dir, 'scheduler');
  expect([isSound(certFile), existsSync(join(dir, 'ca-next.key'))]).toEqual([true, false]);
  expect(await advanceRollover(dir, { begin: false, nowMs: later() })).toBe('finished');
});

it('keeps keys private, and takes a request once', async () => {
  await advanceRollover(dir, { begin: true });
  expect(statSync(join(dir, 'ca-next.key')).mode & 0o777).toBe(0o600);
  requestRollover(dir);
  expect([takeRolloverRequest(dir), takeRolloverRequest(dir)]).toEqual([true, false]);
});

it('issues certificates for a week', async () => {
  const { certFile } = await issueCertificate(dir, 'scheduler');
  const days = (Date.parse(new X509Certificate(readFileSync(certFile)).validTo) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6);
  expect(days).toBeLessThanOrEqual(7);
});
