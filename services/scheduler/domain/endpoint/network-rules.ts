import type { NetworkSecret, Way } from '@smartant/connectors';
import type { FieldError } from '@smartant/kernel';
import type { EndpointLocation } from './endpoint';

/** A chain of more is a mistake, and each step costs a round trip a connection. */
export const MOST_WAYS = 4;

/** What is wrong between the way, the TLS and their secrets. Fields are relative to the endpoint. */
export function networkErrors(location: EndpointLocation, network: NetworkSecret = {}): FieldError[] {
  const isLocal = location.kind === 'file' || location.kind === 'image';
  const via = isLocal ? [] : (location.via ?? []);
  const secrets = network.ways ?? [];
  const hasTls = !isLocal && (('tls' in location && location.tls !== undefined) || network.clientCertificate !== undefined);
  return [
    ...when(via.length > MOST_WAYS, 'location.via', `expected at most ${MOST_WAYS} steps`),
    ...when(secrets.length > via.length, 'secret.network.ways', 'has more entries than location.via has steps'),
    ...when(isLocal && network.clientCertificate !== undefined, 'secret.network', 'is for endpoints that are reached over a network'),
    ...(hasTls ? securityErrors(location) : []),
    ...via.flatMap((way, index) => wayErrors(way, secrets[index] ?? {}, index)),
  ];
}

/** Settings of TLS that nobody uses are a mistake worth naming. */
function securityErrors(location: EndpointLocation): FieldError[] {
  if (location.kind === 'postgres') {
    return when(location.tlsMode === 'disable', 'location.tlsMode', 'must not be "disable" for the TLS settings to mean anything');
  }
  if (location.kind === 'ssh') return when(true, 'secret.network.clientCertificate', 'is for endpoints with TLS');
  const secure = location.kind === 's3' && (location.serviceUrl === '' || location.serviceUrl.startsWith('https:'));
  return when(!secure, 'location.serviceUrl', 'must begin with https:// for the TLS settings to mean anything');
}

function wayErrors(way: Way, secret: NonNullable<NetworkSecret['ways']>[number], index: number): FieldError[] {
  const at = `location.via.${index}`;
  const secretAt = `secret.network.ways.${index}`;
  if (way.kind === 'ssh') {
    const nothing = !secret.password && !secret.privateKeyPem;
    return [
      ...when(way.hostKeys.length === 0, `${at}.hostKeys`, 'must have the fingerprint of the bastion’s host key'),
      ...when(nothing, secretAt, 'expected a password or a private key for the bastion'),
    ];
  }
  return [
    ...when(secret.privateKeyPem !== undefined, `${secretAt}.privateKeyPem`, 'is for bastions only'),
    ...when(secret.password !== undefined && way.user === undefined, `${at}.user`, 'is needed with a password'),
  ];
}

function when(holds: boolean, field: string, message: string): FieldError[] {
  return holds ? [{ field, message }] : [];
}
