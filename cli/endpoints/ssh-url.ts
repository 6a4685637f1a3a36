import { isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { secretInArguments } from './secret-in-arguments';

/** What `ssh://USER@HOST:PORT?become=sudo` names. */
export interface SshTarget {
  kind: 'ssh';
  host: string;
  port?: number;
  user?: string;
  become?: 'sudo';
}

export const IMAGE_FORMATS = ['raw', 'qcow2', 'vmdk'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** What `image:PATH?format=…` names. */
export interface ImageTarget {
  kind: 'image';
  /** Absolute. */
  path: string;
  format: ImageFormat;
}

const USE_VARIABLES =
  'Leave it out of the URL: name a key by --source-identity and --target-identity, or set SMARTANT_SOURCE_PASSWORD and SMARTANT_TARGET_PASSWORD. On a terminal it is asked for.';

/** Raises CLI_ENDPOINT_INVALID, CLI_SECRET_IN_ARGS. */
export function parseSshUrl(text: string): SshTarget {
  const [, authority = '', path = '', query = ''] = /^ssh:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(text) ?? [];
  const at = authority.lastIndexOf('@');
  const userInfo = at < 0 ? '' : authority.slice(0, at);
  // Before anything repeats the text: what follows a ":" there is a password.
  if (userInfo.includes(':')) throw secretInArguments('the URL of a host', USE_VARIABLES);
  if (path !== '' && path !== '/') throw invalid('a host has no path');
  const [, named = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority.slice(at + 1)) ?? [];
  const host = named.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw invalid('it names no host, or its port is no number');
  if (named.startsWith('[') && !isIPv6(host)) throw invalid('what stands in brackets is no IPv6 address');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) throw invalid('a port is 1 to 65535');
  return {
    kind: 'ssh',
    host,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(userInfo === '' ? {} : { user: decode(userInfo) }),
    ...readBecome(query),
  };
}

/** As ssh writes it. */
export function sshPlace({ host, port, user }: { host: string; port?: number | undefined; user?: string | undefined }): string {
  const address = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${address}${port === undefined || port === 22 ? '' : `:${port}`}`;
}

/** The format is told by the name of the file where it is not said. Raises CLI_ENDPOINT_INVALID. */
export function parseImage(text: string, cwd: string): ImageTarget {
  const [, named = '', query = ''] = /^image:(?:\/\/(?=\/))?([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
  if (named === '' || named.endsWith('/')) throw invalid('it names no file');
  const parameters = new URLSearchParams(query);
  const wanted = parameters.get('format') ?? extensionFormat(named);
  const format = IMAGE_FORMATS.find((known) => known === wanted);
  const stray = [...parameters.keys()].find((name) => name !== 'format');
  if (stray !== undefined) throw invalid(`"${stray}" is not one of format`);
  if (format === undefined) throw invalid(`"${wanted}" is no format that is written: a format is one of ${IMAGE_FORMATS.join(', ')}`);
  return { kind: 'image', path: resolve(cwd, named), format };
}

/** Endings that promise what is not written here; others may be a part of any name. */
const OTHER_FORMATS = new Set(['iso', 'vdi', 'vhd', 'vhdx', 'ova', 'ovf']);

function extensionFormat(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (OTHER_FORMATS.has(extension)) return extension;
  return extension === 'raw' || extension === 'img' ? 'raw' : extension === 'vmdk' ? 'vmdk' : 'qcow2';
}

function readBecome(query: string): { become?: 'sudo' } {
  for (const [name, value] of new URLSearchParams(query)) {
    if (/(secret|password|passwd|token|key|credential)/i.test(name)) throw secretInArguments('the URL of a host', USE_VARIABLES);
    if (name !== 'become') throw invalid(`"${name}" is not one of become`);
    if (value !== 'sudo' && value !== 'none') throw invalid('become is "sudo" or "none"');
    return value === 'sudo' ? { become: 'sudo' } : {};
  }
  return {};
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a "%" that stands for itself is written %25');
  }
}

/** The text itself is not repeated: it may hold what its writer took for no secret. */
function invalid(detail: string): SmartantError {
  return new SmartantError('CLI_ENDPOINT_INVALID', `The text does not name a host or an image: ${detail}.`, {
    kind: 'invalid',
    hint: 'Write ssh://USER@HOST:22?become=sudo, or image:./disk.qcow2?format=qcow2.',
  });
}
