import { createHash } from 'node:crypto';
import type { TlsRequest } from './over-tls';

/**
 * How long a server may be taken at its word after it has shown its certificate. A resumed session brings no certificate, so one that
 * was replaced or has expired since is noticed after this at the latest.
 */
const PROVEN_FOR_MS = 10 * 60_000;
/** An endpoint has one host, or one for each of its names. */
const KEPT = 20;

interface Kept {
  session: Buffer;
  /** When the server last proved who it is with its certificate. */
  provenAtMs: number;
}

/**
 * TLS sessions of one endpoint, so that its next connection needs no whole handshake: one of these belongs to one connector and is never
 * shared between endpoints. A session is taken up only where all that the server was checked against is the same: address, name,
 * authorities, pin, least version, and the client's own certificate.
 */
export class TlsSessions {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly nowMs: () => number = Date.now) {}

  /** What decides whether a session may be taken up; secrets are in it as a digest only. */
  static keyOf(port: number, request: TlsRequest): string {
    const { host, serverName, caPem, certificateSha256, minVersion, clientCertificate } = request;
    const client = [clientCertificate?.certificatePem, clientCertificate?.privateKeyPem];
    const all = JSON.stringify([host, port, serverName, caPem, certificateSha256, minVersion, ...client].map((value) => value ?? null));
    return createHash('sha256').update(all).digest('base64');
  }

  find(key: string): Kept | undefined {
    const kept = this.kept.get(key);
    if (kept && this.nowMs() - kept.provenAtMs < PROVEN_FOR_MS) return kept;
    this.kept.delete(key);
    return undefined;
  }

  /** `from`: the session that the connection was resumed from; undefined after a whole handshake. */
  keep(key: string, session: Buffer, from: Kept | undefined): void {
    this.kept.delete(key);
    if (this.kept.size >= KEPT) this.kept.delete(this.kept.keys().next().value ?? '');
    this.kept.set(key, { session, provenAtMs: from?.provenAtMs ?? this.nowMs() });
  }

  forget(key: string): void {
    this.kept.delete(key);
  }
}
