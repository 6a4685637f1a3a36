import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, getCACertificates, type SecureContext, type TLSSocket } from 'node:tls';
import { SmartantError } from '@smartant/kernel';
import type { NetworkSecret, TlsChoice } from '@smartant/connectors';
import { literalAddress } from './literal-address';
import { fingerprintMismatch, tlsError } from './tls-errors';

export interface TlsRequest extends TlsChoice {
  /** The host that was asked for; its name must be in the certificate unless `serverName` is given. */
  host: string;
  /** Authorities that are trusted in addition to the system's. */
  caPem?: string;
  clientCertificate?: NetworkSecret['clientCertificate'];
  /** What of the certificate is looked at; `authority` leaves out its names. Default: all. A pinned certificate is always looked at. */
  verify?: 'all' | 'authority' | 'nothing';
  /** Names of application protocols (ALPN). Default: HTTP/1.1; empty: none is told. */
  protocols?: string[];
}

/**
 * TLS over a connected stream; nothing of the caller's is sent before the other side has proven who it is. The certificate must come
 * from a known authority for this very name and be in date; with `certificateSha256` it must be that one certificate instead. Raises
 * `TLS_…`.
 */
export async function overTls(stream: Duplex, asked: TlsRequest, signal: AbortSignal): Promise<TLSSocket> {
  const { host, serverName, certificateSha256 } = asked;
  const name = serverName ?? literalAddress(host) ?? host;
  const socket = connect({
    socket: stream,
    secureContext: secureContextOf(asked),
    // Addresses are checked as such, and are not sent as names (RFC 6066 section 3).
    servername: isIP(name) ? '' : name,
    host: name,
    ALPNProtocols: asked.protocols ?? ['http/1.1'],
    rejectUnauthorized: certificateSha256 === undefined && asked.verify !== 'nothing',
    ...(asked.verify === 'authority' ? { checkServerIdentity: () => undefined } : {}),
  });
  await handshake(socket, name, signal);
  if (certificateSha256 !== undefined) assertPinned(socket, name, certificateSha256);
  // TLS 1.3 refuses a client's certificate after the handshake. Node tells so by an `error` that does not end the socket, and whoever
  // uses it would hear of the end that follows instead.
  socket.once('error', (error) => socket.destroy(tlsError(error, name) ?? error));
  return socket;
}

function handshake(socket: TLSSocket, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('secureConnect', onSecure).removeListener('error', onError).removeListener('close', onClose);
      then();
    };
    const onAbort = () => socket.destroy(signal.reason as Error);
    const onSecure = () => settle(resolve);
    const onError = (error: Error) => settle(() => reject(signal.aborted ? error : (tlsError(error, name) ?? error)));
    const onClose = () => onError(Object.assign(new Error('The connection ended during the TLS handshake.'), { code: 'ECONNRESET' }));
    socket.once('secureConnect', onSecure).once('error', onError).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

function assertPinned(socket: TLSSocket, name: string, wanted: string): void {
  const found = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? 'none';
  if (found === wanted.replaceAll(':', '').toLowerCase()) return;
  socket.destroy();
  throw fingerprintMismatch(name, found);
}

/** Reading the system's authorities takes milliseconds: done once for equal settings. */
const contexts = new Map<string, SecureContext>();
const KEPT_CONTEXTS = 200;

function secureContextOf({ caPem, clientCertificate, minVersion = 'TLSv1.2' }: TlsRequest): SecureContext {
  if (clientCertificate !== undefined) return newContext({ caPem, clientCertificate, minVersion });
  const key = `${minVersion} ${caPem ?? ''}`;
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const made = newContext({ caPem, minVersion });
  if (contexts.size >= KEPT_CONTEXTS) contexts.delete(contexts.keys().next().value ?? '');
  contexts.set(key, made);
  return made;
}

function newContext({
  caPem,
  clientCertificate,
  minVersion,
}: Pick<TlsRequest, 'caPem' | 'clientCertificate' | 'minVersion'>): SecureContext {
  try {
    return createSecureContext({
      ...(caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] }),
      cert: clientCertificate?.certificatePem,
      key: clientCertificate?.privateKeyPem,
      minVersion,
    });
  } catch {
    // OpenSSL's own error may quote what it could not read.
    throw new SmartantError('TLS_IDENTITY_INVALID', 'The client certificate and its private key do not fit together, or cannot be read.', {
      kind: 'invalid',
      actor: 'user',
      hint: 'Give the certificate (with its chain) and the private key in PEM form, the key without a passphrase.',
    });
  }
}
