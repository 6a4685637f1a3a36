import type { buildConnector } from 'undici';
import type { NetworkSecret, OpenStorageOptions } from '@smartant/connectors';
import { dialerFor, undiciConnector, type ConnectionGuard } from '@smartant/platform/egress';
import type { S3Location } from './s3-address';

/** How connections are made; given by the composition root: an egress guard, or in tests parts of one. */
export interface NetworkPolicy extends ConnectionGuard {
  /** Asked before the first connection to an endpoint that is reached directly. */
  assertAllowed?: (hostOrAddress: string) => Promise<void>;
}

/** Makes the connections of a connector, data and control alike: over the endpoint's way, with its TLS. */
export interface S3Transport {
  connect: buildConnector.connector;
  close(): void;
}

const DIRECT_MS = 10_000;
/** Each step of a way has its own handshake. */
const STEP_MS = 10_000;

export function s3Transport(location: S3Location, options: OpenStorageOptions, network: NetworkPolicy): S3Transport {
  const { tlsCaPem: caPem, tls, via = [] } = location;
  const secret = async (): Promise<NetworkSecret> => (await options.secret(new AbortController().signal)).network ?? {};
  const dialer = dialerFor({ guard: network, ways: via, secret, caPem });
  const connect = undiciConnector({
    dialer,
    tls: async () => ({ caPem, ...tls, clientCertificate: (await secret()).clientCertificate }),
    timeoutMs: DIRECT_MS + via.length * STEP_MS,
  });
  return { connect, close: () => dialer.close() };
}
