import type { Duplex } from 'node:stream';

export interface DialTarget {
  /** A name or a literal address, without brackets. */
  host: string;
  port: number;
}

/**
 * Makes byte streams to hosts: directly, or over a proxy or a bastion. A stream is connected when it is handed over, belongs to
 * whoever asked, and has had no byte of theirs. Dialers stand on one another, so that ways can be chained.
 */
export interface Dialer {
  /** Raises `EGRESS_…` for an address that may not be reached, `WAY_…` for what is wrong on the way, else the socket's own error. */
  dial(target: DialTarget, signal: AbortSignal): Promise<Duplex>;
  /** Ends what is shared between streams. Streams over a bastion end with it. */
  close(): void;
}
