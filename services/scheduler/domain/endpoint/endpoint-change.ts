import { SmartantError, type FieldError } from '@smartant/kernel';
import type { EndpointLocation } from './endpoint';

/**
 * Whether the location becomes another one. Raises ENDPOINT_INVALID for another kind of place, and ENDPOINT_SECRET_NEEDED when the stored
 * secret would be shown to another server, under other certificates or on another way, by somebody who need not know it.
 */
export function assertLocationMayChange(before: EndpointLocation, after: EndpointLocation, hasNewSecret: boolean): boolean {
  if (before.kind !== after.kind) {
    const field = { field: 'location.kind', message: `is "${before.kind}" and stays that` };
    throw invalid('ENDPOINT_INVALID', 'An endpoint does not become one of another kind.', 'Save another endpoint instead.', field);
  }
  if (!hasNewSecret && trustOf(before) !== trustOf(pinned(before, after))) {
    const hint = 'Give the secret together with the new location.';
    const field = { field: 'secret', message: 'is needed again for another server or other certificates' };
    throw invalid('ENDPOINT_SECRET_NEEDED', 'The stored secret is not sent to another server.', hint, field);
  }
  return identityOf(before) !== identityOf(after);
}

/** A host whose key was never pinned has seen no secret: saying yes to its key shows it to nobody new. */
function pinned(before: EndpointLocation, after: EndpointLocation): EndpointLocation {
  const isFirst = before.kind === 'ssh' && after.kind === 'ssh' && before.hostKeys.length === 0;
  return isFirst ? { ...after, hostKeys: [] } : after;
}

/** Who gets to see the secret at work. */
function trustOf(location: EndpointLocation): string {
  if (location.kind === 'file' || location.kind === 'image') return '';
  if (location.kind === 'ssh') return JSON.stringify([location.host, location.port, location.hostKeys, location.via ?? []]);
  const { tlsCaPem = '', tls, via = [] } = location;
  const server = location.kind === 's3' ? [location.serviceUrl] : [location.host, location.port, location.tlsMode];
  return JSON.stringify([...server, tlsCaPem, tls ?? null, via]);
}

/** Equal texts are equal locations: fields in a fixed order, and absent ones left out. */
function identityOf(location: EndpointLocation): string {
  const fields = Object.entries(location).filter(([, value]) => value !== undefined);
  return JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function invalid(code: string, message: string, hint: string, field: FieldError): SmartantError {
  return new SmartantError(code, message, { kind: 'invalid', hint, fields: [field] });
}
