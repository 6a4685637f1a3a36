import type { NetworkSecret, TlsChoice, Way } from '@smartant/connectors';
import type { commonV1, credentialV1 } from '@smartant/contracts';
import { invalid } from './request-invalid';

/** Raises REQUEST_INVALID for a step of a kind that is not known here: going around it would be another way. */
export function wayFromProto({ kind }: commonV1.Way, field: string): Way {
  switch (kind?.$case) {
    case 'proxy':
      return { kind: 'proxy', ...kind.value, user: kind.value.user || undefined };
    case 'socks':
      return { kind: 'socks', ...kind.value, user: kind.value.user || undefined };
    case 'ssh':
      return { kind: 'ssh', ...kind.value };
    default:
      throw invalid(field);
  }
}

/** Raises REQUEST_INVALID for a version that is not known here. */
export function tlsFromProto(tls: commonV1.TlsChoice | undefined, field: string): TlsChoice | undefined {
  if (tls === undefined) return undefined;
  const minVersion = tls.minVersion || undefined;
  if (minVersion !== undefined && minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3') throw invalid(`${field}.min_version`);
  return { serverName: tls.serverName || undefined, minVersion, certificateSha256: tls.certificateSha256 || undefined };
}

export function networkSecretFromProto(network: credentialV1.NetworkSecret | undefined): NetworkSecret | undefined {
  if (network === undefined) return undefined;
  const ways = network.ways.map(({ password, privateKeyPem, passphrase }) => ({
    password: password || undefined,
    privateKeyPem: privateKeyPem || undefined,
    passphrase: passphrase || undefined,
  }));
  return { ways, clientCertificate: network.clientCertificate };
}
