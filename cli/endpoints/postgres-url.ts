import { isIPv6 } from 'node:net';
import { SmartantError } from '@smartant/kernel';
import { secretInArguments } from './secret-in-arguments';

export const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** What `postgres://USER@HOST:PORT/DATABASE?sslmode=…&ca=FILE` names. */
export interface PostgresTarget {
  kind: 'postgres';
  /** A name, an address, or the folder of a Unix socket. */
  host: string;
  port?: number;
  database: string;
  user: string;
  tlsMode?: TlsMode;
  caFile?: string;
}

const PARAMETERS = ['sslmode', 'ca', 'sslrootcert', 'host', 'port'] as const;
const SECRET_NAME = /(secret|password|passwd|token|credential|sslkey)/i;

export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text);
}

/** Reads a URL as libpq writes it, but for its password. Raises CLI_ENDPOINT_INVALID, CLI_SECRET_IN_ARGS. */
export function parsePostgresUrl(text: string): PostgresTarget {
  const [, authority = '', path = '', query = ''] = /^postgres(?:ql)?:\/\/([^/?#]*)\/?([^?#]*)(?:\?([^#]*))?$/.exec(text) ?? [];
  const at = authority.lastIndexOf('@');
  const userInfo = at < 0 ? '' : authority.slice(0, at);
  // Before anything repeats the text: what follows a ":" there is a password.
  if (userInfo.includes(':')) throw passwordInUrl();
  const parameters = readParameters(query);
  const address = readAddress(authority.slice(at + 1), parameters);
  const user = decode(userInfo);
  const database = decode(path);
  if (user === '') throw invalid('it names no user');
  if (database === '' || database.includes('/')) throw invalid('it names no database');
  const { sslmode } = parameters;
  const tlsMode = TLS_MODES.find((mode) => mode === sslmode);
  if (sslmode !== undefined && tlsMode === undefined) throw invalid(`sslmode is one of ${TLS_MODES.join(', ')}`);
  const caFile = parameters.ca ?? parameters.sslrootcert;
  return { kind: 'postgres', ...address, database, user, ...(tlsMode ? { tlsMode } : {}), ...(caFile ? { caFile } : {}) };
}

/** What it is in messages: never more than was read from it. */
export function postgresPlace({ user, host, port }: Pick<PostgresTarget, 'user' | 'host' | 'port'>): string {
  return `${user}@${host}${port === undefined ? '' : `:${port}`}`;
}

type Parameters = Partial<Record<(typeof PARAMETERS)[number], string>>;

function readParameters(query: string): Parameters {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (SECRET_NAME.test(name)) throw passwordInUrl();
    if (!PARAMETERS.some((known) => known === name)) throw invalid(`"${name}" is not one of ${PARAMETERS.join(', ')}`);
    if (name in parameters || value === '') throw invalid(`"${name}" must be given once, with a value`);
    parameters[name] = value;
  }
  return parameters;
}

/** `?host=/var/run/postgresql` stands where a socket's folder cannot. */
function readAddress(text: string, parameters: Parameters): { host: string; port?: number } {
  const match = /^(\[[^\]]*\]|[^:,]*)(?::(\d{1,5}))?$/.exec(text);
  if (!match) throw invalid('one host and port are written HOST:PORT, and an IPv6 address in brackets');
  const named = decode(match[1] ?? '').replace(/^\[(.*)\]$/, '$1');
  if (named !== '' && parameters.host !== undefined) throw invalid('it names two hosts');
  const host = named || (parameters.host ?? '');
  if (host === '') throw invalid('it names no host');
  if (match[1]?.startsWith('[') && !isIPv6(named)) throw invalid('what stands in brackets is no IPv6 address');
  const port = match[2] ?? parameters.port;
  if (port === undefined) return { host };
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) throw invalid('a port is 1 to 65535');
  return { host, port: Number(port) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('a "%" that stands for itself is written %25');
  }
}

function passwordInUrl(): SmartantError {
  return secretInArguments(
    'a database URL',
    'Leave it out of the URL, and set SMARTANT_SOURCE_PASSWORD and SMARTANT_TARGET_PASSWORD (or PGPASSWORD), or give --source-password-file and --target-password-file. On a terminal it is asked for.',
  );
}

/** The text itself is not repeated: it may hold what its writer took for no secret. */
function invalid(detail: string): SmartantError {
  return new SmartantError('CLI_ENDPOINT_INVALID', `The database URL does not name an endpoint: ${detail}.`, {
    kind: 'invalid',
    hint: 'Write postgres://USER@HOST:5432/DATABASE?sslmode=verify-full&ca=FILE, or postgres://USER@/DATABASE?host=/var/run/postgresql.',
  });
}
