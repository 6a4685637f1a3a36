import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, createSecureContext, getCACertificates, type SecureContext, type TLSSocket } from 'node:tls';
import { SmartantError } from '@smartant/kernel';
import type { NetworkSecret, TlsChoice } from '@smartant/connectors';
import { literalAddress } from './literal-address';
import { fingerprintMismatch, tlsError } from './tls-errors';
import { TlsSessions } from './tls-sessions';

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

/** Of one endpoint: what lets its connections resume sessions. */
export interface Resumption {
  sessions: TlsSessions;
  port: number;
}

/**
 * TLS over a connected stream; nothing of the caller's is sent before the other side has proven who it is. The certificate must come
 * from a known authority for this very name and be in date; with `certificateSha256` it must be that one certificate instead. With
 * `resumption` a session is taken up that the same checks have been made for, and the server may ask for a whole handshake all the same.
 * Raises `TLS_…`.
 */
export async function overTls(stream: Duplex, asked: TlsRequest, signal: AbortSignal, resumption?: Resumption): Promise<TLSSocket> {
  const { host, serverName, certificateSha256 } = asked;
  const name = serverName ?? literalAddress(host) ?? host;
  const resuming = resumption && new Resuming(resumption, asked);
  const socket = connect({
    session: resuming?.offered,
    socket: stream,
    secureContext: secureContextOf(asked),
    // Addresses are checked as such, and are not sent as names (RFC 6066 section 3).
    servername: isIP(name) ? '' : name,
    host: name,
    ALPNProtocols: asked.protocols ?? ['http/1.1'],
    rejectUnauthorized: certificateSha256 === undefined && asked.verify !== 'nothing',
    ...(asked.verify === 'authority' ? { checkServerIdentity: () => undefined } : {}),
  });
  resuming?.listen(socket);
  try {
    await handshake(socket, name, signal);
    // A resumed session shows no certificate: only who holds its secret can resume it, and that one had the pinned certificate.
    if (certificateSha256 !== undefined && !socket.isSessionReused()) assertPinned(socket, name, certificateSha256);
  } catch (error) {
    resuming?.failed();
    throw error;
  }
  resuming?.proven(socket);
  // TLS 1.3 refuses a client's certificate after the handshake. Node tells so by an `error` that does not end the socket, and whoever
  // uses it would hear of the end that follows instead.
  socket.once('error', (error) => socket.destroy(tlsError(error, name) ?? error));
  return socket;
}

/** One connection's part in the sessions of its endpoint. Nothing is kept of a connection before all checks are done. */
class Resuming {
  private readonly key: string;
  private readonly from: ReturnType<TlsSessions['find']>;
  /** Set once the server has proven who it is. */
  private keep: ((session: Buffer) => void) | undefined;
  private early: Buffer | undefined;

  constructor(
    private readonly resumption: Resumption,
    request: TlsRequest,
  ) {
    this.key = TlsSessions.keyOf(resumption.port, request);
    this.from = resumption.sessions.find(this.key);
  }

  get offered(): Buffer | undefined {
    return this.from?.session;
  }

  /** TLS 1.3 sends sessions when it likes after the handshake, TLS 1.2 at its end. */
  listen(socket: TLSSocket): void {
    socket.on('session', (session: Buffer) => {
      if (this.keep) this.keep(session);
      else this.early = session;
    });
  }

  proven(socket: TLSSocket): void {
    const from = socket.isSessionReused() ? this.from : undefined;
    this.keep = (session) => this.resumption.sessions.keep(this.key, session, from);
    if (this.early) this.keep(this.early);
  }

  /** It may have been the session that the server did not like. */
  failed(): void {
    this.resumption.sessions.forget(this.key);
  }
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
