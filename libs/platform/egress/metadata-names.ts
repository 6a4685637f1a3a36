/** Names under which clouds offer an instance its own secrets. They matter where the far side of a proxy resolves the name. */
const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal', // https://cloud.google.com/compute/docs/metadata/querying-metadata
  'metadata.goog',
  'instance-data', // AWS, in the resolver of a VPC
  'instance-data.ec2.internal',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
]);

/** Whether a host name is that of a metadata service, however it is written. */
export function metadataName(host: string): boolean {
  return METADATA_NAMES.has(
    host
      .normalize('NFKC')
      .replace(/[\u3002\uff61]/g, '.')
      .toLowerCase()
      .replace(/\.$/, ''),
  );
}
