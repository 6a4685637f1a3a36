import { X509Certificate } from 'node:crypto';
import { isIPv6 } from 'node:net';

/** What is wrong with a value, in words that follow "must" or stand alone; null when nothing is. */
type Verdict = string | null;

/** An S3 service URL: scheme, host and port only. Empty: AWS' own service. */
export function serviceUrlProblem(value: string): Verdict {
  if (value === '') return null;
  if (!URL.canParse(value)) return 'is not a URL; write for example https://s3.example.com:9000';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'must not contain credentials; give them in "secret"';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  if (url.hostname === '') return 'has no host';
  if (url.search !== '' || url.hash !== '') return 'must not have a query or a fragment';
  if (url.pathname !== '/') return 'must not have a path; the bucket goes into "bucket"';
  return null;
}

/** Checked loosely: services other than AWS allow upper case, underscores and longer names. */
export function bucketProblem(value: string): Verdict {
  if (/[/\\]/.test(value)) return 'must be the name of a bucket alone; a path below it goes into "prefix"';
  // eslint-disable-next-line no-control-regex
  if (/[\s\u0000-\u001f\u007f?#]/.test(value)) return 'must not contain spaces, control characters, "?" or "#"';
  return value === '.' || value === '..' ? 'must not be "." or ".."' : null;
}

/** A path below a registered root: relative, with no step upwards. */
export function relativePathProblem(value: string): Verdict {
  if (value.startsWith('/')) return 'must be relative to the root';
  if (value.includes('\u0000')) return 'must not contain NUL';
  return value.split('/').includes('..') ? 'must not contain ".."' : null;
}

/** An absolute directory, already in its simplest form. */
export function absolutePathProblem(value: string): Verdict {
  if (!value.startsWith('/')) return 'must be an absolute path';
  if (value.includes('\u0000')) return 'must not contain NUL';
  return value.split('/').some((step) => step === '..' || step === '.') ? 'must not contain "." or ".." steps' : null;
}

/** A name, an address, or the absolute path of the folder of a Unix socket. */
export function databaseHostProblem(value: string): Verdict {
  if (value.startsWith('/')) return absolutePathProblem(value);
  const isName = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(value);
  return isName || isIPv6(value) ? null : 'must be a host name or an address without a port, or the absolute folder of a socket';
}

/** Of a database or a role: longer ones would be cut by the server, and mean another thing. */
export function databaseNameProblem(value: string): Verdict {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'must not contain control characters';
  return Buffer.byteLength(value) > 63 ? 'must be at most 63 bytes long' : null;
}

/** What stays on this machine needs no TLS; everything else is verified unless somebody says otherwise. */
export function defaultTlsMode(host: string): 'disable' | 'verify-full' {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host) ? 'disable' : 'verify-full';
}

/** One or more PEM certificates. */
export function certificateProblem(value: string): Verdict {
  const blocks = value.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return 'must be one or more certificates in PEM form';
  if (value.includes('PRIVATE KEY-----')) return 'must contain certificates only, and it contains a private key';
  try {
    blocks.forEach((block) => new X509Certificate(block));
    return null;
  } catch {
    return 'contains a certificate that cannot be read';
  }
}
