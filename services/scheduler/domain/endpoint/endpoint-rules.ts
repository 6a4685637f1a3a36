import { isIPv6 } from 'node:net';
import { SmartantError, type FieldError } from '@smartant/kernel';
import type { EndpointLocation, EndpointSecret } from './endpoint';
import { networkErrors } from './network-rules';

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;
/** Wider than AWS' rule: S3-compatible stores allow upper case and underscores. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,62}$/i;
const LONGEST_PREFIX_BYTES = 1_000;

/** Raises ENDPOINT_INVALID, naming every wrong field at once. Fields are relative to the endpoint. Without `secret` it is one that stays. */
export function assertEndpointValid(input: { name?: string; location: EndpointLocation; secret?: EndpointSecret }): void {
  const fields = [
    ...(input.name === undefined
      ? []
      : check(NAME.test(input.name), 'name', 'expected 1 to 63 letters, digits, dots, hyphens or underscores')),
    ...locationErrors(input.location),
    ...(input.secret ? secretErrors(input.secret, input.location) : []),
  ];
  if (fields.length === 0) return;
  throw new SmartantError('ENDPOINT_INVALID', `The endpoint is wrong in ${fields.map((error) => error.field).join(', ')}.`, {
    kind: 'invalid',
    hint: 'Correct the fields that are named and send it again.',
    fields,
  });
}

function check(holds: boolean, field: string, message: string): FieldError[] {
  return holds ? [] : [{ field, message }];
}

function locationErrors(location: EndpointLocation): FieldError[] {
  switch (location.kind) {
    case 's3':
      return s3Errors(location);
    case 'file':
      return fileErrors(location);
    case 'postgres':
      return postgresErrors(location);
    case 'ssh':
      return sshErrors(location);
    case 'image':
      return imageErrors(location);
  }
}

/** The kinds of secret that a kind of place takes. */
const SECRETS_OF: Record<EndpointLocation['kind'], readonly EndpointSecret['kind'][]> = {
  s3: ['s3'],
  file: ['none'],
  postgres: ['password', 'none'],
  ssh: ['ssh'],
  image: ['none'],
};

function secretErrors(secret: EndpointSecret, location: EndpointLocation): FieldError[] {
  return [
    ...check(SECRETS_OF[location.kind].includes(secret.kind), 'secret.kind', secretExpectation(location)),
    ...(secret.kind === 's3' ? keyErrors(secret) : []),
    ...(secret.kind === 'password'
      ? check(secret.password !== '' && !secret.password.includes('\0'), 'secret.password', 'expected a password, without NUL')
      : []),
    ...(secret.kind === 'ssh' ? sshSecretErrors(secret) : []),
    ...networkErrors(location, secret.network),
  ];
}

function secretExpectation(location: EndpointLocation): string {
  if (location.kind === 'postgres') return 'expected "password" with password, or "none" for a server that asks for none';
  if (location.kind === 'ssh') return 'expected "ssh" with privateKeyPem, password or both';
  return location.kind === 's3' ? 'expected "s3" with accessKeyId and secretAccessKey' : 'expected "none" for a file root or an image';
}

/** As `ssh-keygen -lf` shows them: SHA-256 in base64 without padding. */
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;
const MOST_HOST_KEYS = 16;

/** Without host keys nothing is signed in to: the endpoint can be tested, which shows the key. */
function sshErrors({ host, port, user, hostKeys }: Extract<EndpointLocation, { kind: 'ssh' }>): FieldError[] {
  return [
    ...check(isHost(host), 'location.host', 'expected a host name or an address'),
    ...check(Number.isInteger(port) && port >= 1 && port <= 65_535, 'location.port', 'expected 1 to 65535'),
    ...check(/^[a-z_][a-z0-9_.-]{0,31}\$?$/i.test(user), 'location.user', 'expected the name of a user'),
    ...check(hostKeys.length <= MOST_HOST_KEYS, 'location.hostKeys', `expected at most ${MOST_HOST_KEYS}`),
    ...hostKeys.flatMap((key, index) =>
      check(FINGERPRINT.test(key), `location.hostKeys.${index}`, 'expected a fingerprint such as SHA256:…, as ssh-keygen -lf shows it'),
    ),
  ];
}

function imageErrors({ root, path }: Extract<EndpointLocation, { kind: 'image' }>): FieldError[] {
  const parts = path.split('/');
  const isBelow = parts.every((part) => part !== '' && part !== '.' && part !== '..') && isStorable(path) && path.length <= 4_096;
  return [
    ...check(root !== '', 'location.root', 'expected the name of a registered file root'),
    ...check(isBelow, 'location.path', 'expected the path of a file below the root, without "..", "." or a leading "/"'),
  ];
}

function sshSecretErrors({ privateKeyPem, passphrase, password, becomePassword }: Extract<EndpointSecret, { kind: 'ssh' }>): FieldError[] {
  const texts = Object.entries({ passphrase, password, becomePassword });
  return [
    ...check(Boolean(privateKeyPem ?? password), 'secret', 'expected a private key or a password'),
    ...check(privateKeyPem === undefined || privateKeyPem.includes('PRIVATE KEY-----'), 'secret.privateKeyPem', 'expected a private key'),
    ...check(passphrase === undefined || privateKeyPem !== undefined, 'secret.passphrase', 'is for a private key'),
    ...texts.flatMap(([name, text]) => check(text === undefined || isPassword(text), `secret.${name}`, 'expected one line, without NUL')),
  ];
}

function isPassword(text: string): boolean {
  return text !== '' && text.length <= 1_024 && !/[\0\r\n]/.test(text);
}

/** https://www.postgresql.org/docs/18/sql-syntax-lexical.html: longer names would be cut, and mean another thing. */
const LONGEST_NAME_BYTES = 63;

function postgresErrors(location: Extract<EndpointLocation, { kind: 'postgres' }>): FieldError[] {
  const { host, port, tlsMode, tls, via = [] } = location;
  const names = (['database', 'user'] as const).flatMap((field) =>
    check(isName(location[field]), `location.${field}`, `expected a name of 1 to ${LONGEST_NAME_BYTES} bytes`),
  );
  const isSocket = host.startsWith('/');
  const plainSocket = !isSocket || (tlsMode === 'disable' && tls === undefined);
  return [
    ...check(
      isSocket ? isSocketFolder(host) : isHost(host),
      'location.host',
      'expected a host name, an address, or the absolute folder of a socket',
    ),
    ...check(Number.isInteger(port) && port >= 1 && port <= 65_535, 'location.port', 'expected 1 to 65535'),
    ...names,
    ...check(plainSocket, 'location.tlsMode', 'must be "disable", without TLS settings, for a Unix socket'),
    ...check(!isSocket || via.length === 0, 'location.via', 'must be empty for a Unix socket, which is on the migrator’s own machine'),
  ];
}

function isName(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= LONGEST_NAME_BYTES && isStorable(text);
}

function isSocketFolder(path: string): boolean {
  return path.split('/').every((part) => part !== '..' && part !== '.') && isStorable(path) && Buffer.byteLength(path) <= 90;
}

function isHost(host: string): boolean {
  return isIPv6(host) || /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?$/.test(host);
}

function s3Errors(location: Extract<EndpointLocation, { kind: 's3' }>): FieldError[] {
  return [
    ...serviceUrlErrors(location.serviceUrl),
    ...check(location.region !== '' && location.region.length <= 64, 'location.region', 'expected a region, for example us-east-1'),
    ...check(BUCKET.test(location.bucket), 'location.bucket', 'expected a bucket name of 2 to 63 characters'),
    ...check(
      Buffer.byteLength(location.prefix) <= LONGEST_PREFIX_BYTES,
      'location.prefix',
      `expected at most ${LONGEST_PREFIX_BYTES} bytes`,
    ),
    ...check(isStorable(location.prefix), 'location.prefix', 'expected whole Unicode characters, without NUL'),
  ];
}

function serviceUrlErrors(serviceUrl: string): FieldError[] {
  const field = 'location.serviceUrl';
  if (serviceUrl === '') return [];
  if (!URL.canParse(serviceUrl)) return [{ field, message: 'expected a URL such as https://s3.example.com' }];
  const url = new URL(serviceUrl);
  return [
    ...check(url.protocol === 'https:' || url.protocol === 'http:', field, 'expected http:// or https://'),
    ...check(url.username === '' && url.password === '', field, 'must not carry credentials; give them as the secret'),
    ...check(url.search === '' && url.hash === '' && url.pathname === '/', field, 'expected scheme, host and port only'),
  ];
}

function fileErrors(location: Extract<EndpointLocation, { kind: 'file' }>): FieldError[] {
  const segments = location.path.split('/');
  const escapes = location.path.startsWith('/') || segments.includes('..') || segments.includes('.') || !isStorable(location.path);
  return [
    ...check(location.root !== '', 'location.root', 'expected the name of a registered file root'),
    ...check(!escapes, 'location.path', 'expected a path below the root, without "..", "." or a leading "/"'),
  ];
}

/** JSON in PostgreSQL holds neither NUL nor half a surrogate pair: one would fail every statement that looks into the column. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

function keyErrors(secret: Extract<EndpointSecret, { kind: 's3' }>): FieldError[] {
  return [
    ...check(secret.accessKeyId !== '', 'secret.accessKeyId', 'is empty'),
    ...check(secret.secretAccessKey !== '', 'secret.secretAccessKey', 'is empty'),
  ];
}

/** Raises FILE_ROOT_INVALID unless the root has a plain name and an absolute, normal path that is not the whole disk. */
export function assertFileRootValid(root: { name: string; path: string }): void {
  const segments = root.path.split('/').slice(1);
  const normal = root.path.startsWith('/') && segments.every((part) => part !== '' && part !== '.' && part !== '..');
  const fields = [
    ...check(NAME.test(root.name), 'name', 'expected 1 to 63 letters, digits, dots, hyphens or underscores'),
    ...check(normal && !root.path.includes('\0'), 'path', 'expected an absolute path without "..", and not "/" itself'),
  ];
  if (fields.length === 0) return;
  throw new SmartantError('FILE_ROOT_INVALID', 'The file root is wrong.', {
    kind: 'invalid',
    hint: 'Correct the fields that are named and send it again.',
    fields,
  });
}
