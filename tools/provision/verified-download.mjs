import { createHash } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';

const signEveryMs = 5_000;
const idleMs = 60_000;

/** The digest as `verifiedDownload` takes it, from how PyPI and Maven Central write it. */
export const ofSha256 = (hex) => `sha256-${Buffer.from(hex, 'hex').toString('base64')}`;

/**
 * Downloads `url` into `file` and refuses what does not have the expected digest, written as in package-lock.json
 * ("sha512-<base64>"). Says how far it is every few seconds.
 */
export async function verifiedDownload({ name, url, integrity, file, say }) {
  const [algorithm, expected] = splitIntegrity(integrity);
  const response = await fetch(url, { redirect: 'follow', signal: AbortSignal.timeout(30 * 60_000) });
  if (!response.ok || !response.body) throw new Error(`${url} was answered with status ${response.status}`);
  const totalBytes = Number(response.headers.get('content-length')) || undefined;
  const hash = createHash(algorithm);
  let bytes = 0;
  let lastMs = Date.now();
  const sign = setInterval(() => {
    if (Date.now() - lastMs > idleMs) return watched.destroy(new Error(`${url} sent nothing for ${idleMs / 1000} s`));
    return say(`${name}: ${megabytes(bytes)}${totalBytes ? ` of ${megabytes(totalBytes)}` : ''} MB`);
  }, signEveryMs);
  const watched = new Transform({
    transform(chunk, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      lastMs = Date.now();
      done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), watched, createWriteStream(file, { mode: 0o600 }));
  } finally {
    clearInterval(sign);
  }
  if (hash.digest('base64') === expected) return;
  rmSync(file, { force: true });
  throw new Error(`what ${url} sent is not what was expected (${algorithm} differs)`);
}

function splitIntegrity(integrity) {
  const at = integrity.indexOf('-');
  return [integrity.slice(0, at), integrity.slice(at + 1)];
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
