import type { NetworkSecret, TlsChoice, Way } from '@smartant/connectors';
import type { commonV1, credentialV1 } from '@smartant/contracts';

export function wayToProto(way: Way): commonV1.Way {
  switch (way.kind) {
    case 'proxy':
      return { kind: { $case: 'proxy', value: { host: way.host, port: way.port, tls: way.tls, user: way.user ?? '' } } };
    case 'socks':
      return { kind: { $case: 'socks', value: { host: way.host, port: way.port, user: way.user ?? '' } } };
    case 'ssh':
      return { kind: { $case: 'ssh', value: { host: way.host, port: way.port, user: way.user, hostKeys: way.hostKeys } } };
  }
}

export function tlsToProto(tls: TlsChoice | undefined): commonV1.TlsChoice | undefined {
  if (tls === undefined) return undefined;
  return { serverName: tls.serverName ?? '', minVersion: tls.minVersion ?? '', certificateSha256: tls.certificateSha256 ?? '' };
}

export function networkSecretToProto(network: NetworkSecret | undefined): credentialV1.NetworkSecret | undefined {
  if (network === undefined) return undefined;
  const ways = (network.ways ?? []).map(({ password = '', privateKeyPem = '', passphrase = '' }) => ({
    password,
    privateKeyPem,
    passphrase,
  }));
  return { ways, clientCertificate: network.clientCertificate };
}
