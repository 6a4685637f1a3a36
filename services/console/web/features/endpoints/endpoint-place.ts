import type { Endpoint } from './queries';

/** Where an endpoint leads to, as people write it. */
export function placeOf(location: Endpoint['location']): string {
  switch (location.kind) {
    case 's3':
      return [`s3://${location.bucket}${location.prefix && `/${location.prefix}`}`, location.serviceUrl || location.region].join(' · ');
    case 'file':
    case 'image':
      return `${location.root}:/${location.path}`;
    case 'postgres':
      return `postgres://${location.user}@${location.host}:${location.port}/${location.database}`;
    case 'ssh':
      return `ssh://${location.user}@${location.host}:${location.port}`;
  }
}
