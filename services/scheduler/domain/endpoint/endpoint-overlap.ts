import type { PostgresLocation, SshLocation, Way } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import type { EndpointLocation } from './endpoint';

/**
 * Raises MIGRATION_SOURCE_IS_TARGET for a place migrated to itself, and MIGRATION_OVERLAP where one side lies inside the
 * other: the copy would find its own output, and deletes could reach the source.
 */
export function assertDisjoint(source: EndpointLocation, target: EndpointLocation): void {
  if (source.kind === 'postgres' && target.kind === 'postgres') return assertOtherDatabase(source, target);
  if (source.kind === 'ssh' && target.kind === 'ssh') return assertOtherHost(source, target);
  if (source.kind !== 's3' || target.kind !== 's3') return;
  if (storeIdentity(source) !== storeIdentity(target)) return;
  if (source.prefix === target.prefix) {
    throw new SmartantError('MIGRATION_SOURCE_IS_TARGET', `Source and target are the same place: ${describeLocation(target)}.`, {
      kind: 'invalid',
      hint: 'Choose another bucket or prefix as the target.',
      fields: [{ field: 'target', message: 'is the same as source' }],
    });
  }
  if (!source.prefix.startsWith(target.prefix) && !target.prefix.startsWith(source.prefix)) return;
  throw new SmartantError('MIGRATION_OVERLAP', `Source and target overlap in bucket "${target.bucket}": one prefix contains the other.`, {
    kind: 'invalid',
    hint: 'Choose prefixes of which none begins with the other, or another bucket.',
    fields: [{ field: 'target.prefix', message: `"${target.prefix}" and the source's "${source.prefix}" overlap` }],
  });
}

/** What is one database under two names that cannot be told apart here, the precheck finds out by the server's own identity. */
function assertOtherDatabase(source: PostgresLocation, target: PostgresLocation): void {
  const identityOf = ({ host, port, database, via = [] }: PostgresLocation) =>
    JSON.stringify([wayIdentity(via), host.startsWith('/') ? host.replace(/\/+$/, '') : hostIdentity(host), port, database]);
  if (identityOf(source) !== identityOf(target)) return;
  throw new SmartantError('MIGRATION_SOURCE_IS_TARGET', `Source and target are the same database: ${describeLocation(target)}.`, {
    kind: 'invalid',
    hint: 'Choose another database or another server as the target.',
    fields: [{ field: 'target', message: 'is the same as source' }],
  });
}

/** What is one host under two names, the precheck finds out by its machine id. */
function assertOtherHost(source: SshLocation, target: SshLocation): void {
  const identityOf = ({ host, port, via = [] }: SshLocation) => JSON.stringify([wayIdentity(via), hostIdentity(host), port]);
  if (identityOf(source) !== identityOf(target)) return;
  throw new SmartantError('MIGRATION_SOURCE_IS_TARGET', `Source and target are the same host: ${describeLocation(target)}.`, {
    kind: 'invalid',
    hint: 'Choose another machine, or an image, as the target.',
    fields: [{ field: 'target', message: 'is the same as source' }],
  });
}

/** Raises MIGRATION_SOURCE_IS_IMAGE: an image is written, and never read. */
export function assertReadable(source: EndpointLocation): void {
  if (source.kind !== 'image') return;
  throw new SmartantError('MIGRATION_SOURCE_IS_IMAGE', 'A disk image cannot be a source.', {
    kind: 'invalid',
    hint: 'Choose a host that is reached by SSH as the source.',
    fields: [{ field: 'source', message: 'is a disk image, which can only be written' }],
  });
}

/** Raises MIGRATION_TARGET_READ_ONLY: file roots can only be read. */
export function assertWritable(target: EndpointLocation): void {
  if (target.kind !== 'file') return;
  throw new SmartantError('MIGRATION_TARGET_READ_ONLY', 'A file root cannot be a target.', {
    kind: 'invalid',
    hint: 'Choose an S3 bucket as the target.',
    fields: [{ field: 'target', message: 'is a file root, which can only be read' }],
  });
}

/** Where data is, in one line for people and reports. Never a secret. */
export function describeLocation(location: EndpointLocation): string {
  if (location.kind === 'file') return `file root "${location.root}" path "/${location.path}"`;
  if (location.kind === 'postgres') return describeDatabase(location);
  if (location.kind === 'ssh') return describeHost(location);
  if (location.kind === 'image') return `${location.format} image "${location.path}" in file root "${location.root}"`;
  const at = location.serviceUrl === '' ? `AWS ${location.region}` : location.serviceUrl;
  return `s3://${location.bucket}/${location.prefix} at ${at}`;
}

/**
 * Two locations with equal identities are one bucket, however their addresses are written. Over other ways one address may lead to
 * another store: whether it does, the precheck finds out by leaving a mark.
 */
function storeIdentity(location: Extract<EndpointLocation, { kind: 's3' }>): string {
  return `${wayIdentity(location.via ?? [])}${serviceIdentity(location.serviceUrl)}/${location.bucket}`;
}

/** As libpq writes it. A socket's folder cannot stand where a host does. */
function describeDatabase({ host, port, database, user }: PostgresLocation): string {
  const at = host.startsWith('/') ? '' : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const socket = host.startsWith('/') ? `?host=${host}&port=${port}` : '';
  return `postgres://${encodeURIComponent(user)}@${at}/${encodeURIComponent(database)}${socket}`;
}

function describeHost({ host, port, user }: SshLocation): string {
  return `ssh://${encodeURIComponent(user)}@${host.includes(':') ? `[${host}]` : host}${port === 22 ? '' : `:${port}`}`;
}

function wayIdentity(via: Way[]): string {
  return via.map(({ kind, host, port }) => `${kind}:${host.toLowerCase()}:${port}>`).join('');
}

/** Every name of this machine's loopback is one. */
function hostIdentity(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name === '[::1]' || name === '::1' || /^127\./.test(name) ? 'loopback' : name;
}

/** AWS bucket names are global, so the region does not tell two apart. The scheme does not either: one server may offer both. */
function serviceIdentity(serviceUrl: string): string {
  if (serviceUrl === '') return 'aws';
  const url = new URL(serviceUrl);
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  if (/(^|\.)amazonaws\.com(\.cn)?$/.test(host)) return host.endsWith('.cn') ? 'aws-cn' : 'aws';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return `${hostIdentity(host)}:${port}`;
}
