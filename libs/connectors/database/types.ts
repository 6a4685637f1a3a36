import type { NetworkSecret, TlsChoice, Way } from '../network/ways';

/** As libpq's sslmode; "allow" and "prefer" are not offered, since they hide what is used. */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** One database of a PostgreSQL server. */
export interface PostgresLocation {
  kind: 'postgres';
  /** A name, an address, or the absolute path of the folder of a Unix socket. */
  host: string;
  port: number;
  database: string;
  user: string;
  tlsMode: TlsMode;
  tlsCaPem?: string;
  tls?: TlsChoice;
  /** Absent or empty: reached directly. */
  via?: Way[];
}

export type DatabaseLocation = PostgresLocation;

/** The secrets of a database's endpoint; resolved just in time, never stored. */
export type DatabaseSecret = { kind: 'password'; password: string; network?: NetworkSecret } | { kind: 'none'; network?: NetworkSecret };
