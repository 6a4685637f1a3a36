import { SmartantError } from '@smartant/kernel';
import type { EndpointLocation } from './endpoint';

/**
 * Raises MIGRATION_SOURCE_IS_TARGET for a place migrated to itself, and MIGRATION_OVERLAP where one side lies inside the
 * other: the copy would find its own output, and deletes could reach the source.
 */
export function assertDisjoint(source: EndpointLocation, target: EndpointLocation): void {
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
  const at = location.serviceUrl === '' ? `AWS ${location.region}` : location.serviceUrl;
  return `s3://${location.bucket}/${location.prefix} at ${at}`;
}

/**
 * Two locations with equal identities are one bucket, however their addresses are written. Over other ways one address may lead to
 * another store: whether it does, the precheck finds out by leaving a mark.
 */
function storeIdentity(location: Extract<EndpointLocation, { kind: 's3' }>): string {
  const way = (location.via ?? []).map(({ kind, host, port }) => `${kind}:${host.toLowerCase()}:${port}>`).join('');
  return `${way}${serviceIdentity(location.serviceUrl)}/${location.bucket}`;
}

/** AWS bucket names are global, so the region does not tell two apart. The scheme does not either: one server may offer both. */
function serviceIdentity(serviceUrl: string): string {
  if (serviceUrl === '') return 'aws';
  const url = new URL(serviceUrl);
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  if (/(^|\.)amazonaws\.com(\.cn)?$/.test(host)) return host.endsWith('.cn') ? 'aws-cn' : 'aws';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const loopback = host === 'localhost' || host === '[::1]' || /^127\./.test(host);
  return `${loopback ? 'loopback' : host}:${port}`;
}
