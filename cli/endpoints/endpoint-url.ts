import { isAbsolute, resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { isPostgresUrl, parsePostgresUrl, type PostgresTarget } from './postgres-url';
import { secretInArguments } from './secret-in-arguments';
import { parseImage, parseSshUrl, type ImageTarget, type SshTarget } from './ssh-url';

export { secretInArguments };

/** What SRC and DST on the command line name. */
export type EndpointTarget =
  | { kind: 'saved'; name: string }
  | { kind: 'path'; path: string }
  | {
      kind: 's3';
      bucket: string;
      prefix: string;
      serviceUrl?: string;
      region?: string;
      profile?: string;
      addressing?: 'path' | 'virtual';
      caFile?: string;
    }
  | PostgresTarget
  | SshTarget
  | ImageTarget;

const PARAMETERS = ['endpoint', 'region', 'profile', 'addressing', 'ca'] as const;
const SECRET_NAME = /(secret|password|passwd|token|access[-_]?key|api[-_]?key|credential)/i;

/**
 * Reads `s3://bucket/prefix?endpoint=…&region=…&profile=…&addressing=path|virtual&ca=FILE`, `postgres://user@host:port/database`,
 * `ssh://user@host:port`, `image:path`, `file:///path`, a local path (`/…`, `./…`, `../…`) or the name of a saved endpoint. Raises CLI_ENDPOINT_INVALID, CLI_SECRET_IN_ARGS.
 */
export function parseEndpoint(text: string, cwd: string): EndpointTarget {
  if (text.startsWith('s3://')) return parseS3(text);
  if (isPostgresUrl(text)) return parsePostgresUrl(text);
  if (text.startsWith('ssh://')) return parseSshUrl(text);
  if (text.startsWith('image:')) return parseImage(text, cwd);
  if (text.startsWith('file:')) return parseFile(text);
  if (isAbsolute(text) || /^\.{1,2}(\/|$)/.test(text)) return { kind: 'path', path: resolve(cwd, text) };
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) return { kind: 'saved', name: text };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme !== undefined) throw unknownScheme(text, scheme);
  throw invalid(text, 'it is neither a URL nor a name');
}

/** A user alone is what databases are written with; a password is refused before all else. The rest is not repeated: its shape is not known. */
function unknownScheme(text: string, scheme: string): SmartantError {
  const authority = /:\/\/([^/?#]*)/.exec(text)?.[1] ?? '';
  if (/:.*@/.test(authority)) return secretInArguments('a URL');
  return invalid(`${scheme}://`, 'nothing of that kind is migrated');
}

function parseS3(text: string): EndpointTarget {
  const [location = '', query = ''] = split(text.slice('s3://'.length), '?');
  refuseUserInfo(text);
  const [bucket = '', prefix = ''] = split(location, '/');
  if (bucket === '') throw invalid(text, 'it names no bucket');
  const parameters = readParameters(text, query);
  return {
    kind: 's3',
    bucket: decode(text, bucket),
    prefix: asFolder(decode(text, prefix)),
    serviceUrl: readServiceUrl(parameters.get('endpoint')),
    region: parameters.get('region'),
    profile: parameters.get('profile'),
    addressing: readAddressing(text, parameters.get('addressing')),
    caFile: parameters.get('ca'),
  };
}

function parseFile(text: string): EndpointTarget {
  const match = /^file:\/\/(?:localhost)?(\/.*)$/.exec(text);
  if (!match) throw invalid(text, 'a file URL has three slashes and an absolute path');
  // "?" and "#" are ordinary characters of file names here: nothing follows a path.
  return { kind: 'path', path: resolve('/', decode(text, match[1] ?? '/')) };
}

function readParameters(text: string, query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (SECRET_NAME.test(name)) throw secretInArguments(`the parameter "${name}" of a URL`);
    if (!PARAMETERS.some((known) => known === name)) throw invalid(text, `"${name}" is not one of ${PARAMETERS.join(', ')}`);
    if (parameters.has(name) || value === '') throw invalid(text, `"${name}" must be given once, with a value`);
    parameters.set(name, value);
  }
  return parameters;
}

function readServiceUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.username || url.password)) throw secretInArguments('the endpoint address');
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.pathname !== '/') {
    throw invalid(text, 'an endpoint is written as http://host:9000 or https://host, with nothing after it');
  }
  return url.origin;
}

function readAddressing(text: string, value: string | undefined): 'path' | 'virtual' | undefined {
  if (value === undefined || value === 'path' || value === 'virtual') return value;
  throw invalid(text, 'addressing is "path" or "virtual"');
}

/** `s3://KEY:SECRET@bucket` is what other tools take: refused before anything repeats it. */
function refuseUserInfo(text: string): void {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1] ?? '';
  if (authority.includes('@')) throw secretInArguments('a URL');
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** A path names a folder, as for rclone and the AWS command line: without the slash, `photos` would also take `photos-old/`. */
function asFolder(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(text, 'a "%" that stands for itself is written %25');
  }
}

function invalid(text: string, detail: string): SmartantError {
  return new SmartantError('CLI_ENDPOINT_INVALID', `"${text}" does not name an endpoint: ${detail}.`, {
    kind: 'invalid',
    hint: 'Write s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1, postgres://user@host/database, ssh://user@host, image:./disk.qcow2, file:///absolute/path, or the name of a saved endpoint.',
  });
}
