/**
 * One step of the way to an endpoint, in the order of travel: each is reached through the one before it, the endpoint through the
 * last. Without secrets. No step: the endpoint is reached directly.
 */
export type Way =
  | { kind: 'proxy'; host: string; port: number; /** TLS to the proxy itself. */ tls: boolean; user?: string }
  | { kind: 'socks'; host: string; port: number; user?: string }
  | {
      kind: 'ssh';
      host: string;
      port: number;
      user: string;
      /** OpenSSH fingerprints ("SHA256:…") of which the server's key must have one. Never empty. */
      hostKeys: string[];
    };

/** The secrets of one step. A proxy takes a password; a bastion a password, a private key, or both. */
export interface WaySecret {
  password?: string;
  privateKeyPem?: string;
  /** Of the private key. */
  passphrase?: string;
}

/** How TLS to an endpoint is made, beside `tlsCaPem`. */
export interface TlsChoice {
  /** The name that is asked for and that the certificate must carry, where it is not the address's. */
  serverName?: string;
  minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** SHA-256 of the server's certificate in hexadecimal. It alone decides then: authority, name and dates are not looked at. */
  certificateSha256?: string;
}

/** What an endpoint keeps secret about how it is reached; sealed together with its credentials. */
export interface NetworkSecret {
  /** One for each step of the way, in its order. */
  ways?: WaySecret[];
  /** Shown to servers that ask for a client certificate. */
  clientCertificate?: { certificatePem: string; privateKeyPem: string };
}

/**
 * Whether an endpoint is reached, or its server known, in a manner that versions before ways and choices of TLS would leave out. `network`:
 * its secret, as far as one is at hand.
 */
export function hasNetworkSettings(location: object, network: NetworkSecret = {}): boolean {
  const { via = [], tls = {} } = location as { via?: Way[]; tls?: TlsChoice };
  const { ways = [], clientCertificate } = network;
  const isChosen = Object.values(tls).some((value) => value !== undefined);
  return via.length > 0 || isChosen || ways.length > 0 || clientCertificate !== undefined;
}
