/** A process of the platform, as it was heard last. */
export interface SeenInstance {
  service: string;
  instance: string;
  host: string;
  version: string;
  /** RFC 3339. */
  startedAt: string;
  seenAt: string;
  /** By the clock that `seenAt` is of. */
  seenSecondsAgo: number;
  ready: boolean;
  problems: string[];
  callsPerMinute: number;
}

/** Keeps what processes say of themselves. Times are those of the store's clock. */
export interface PresenceStore {
  /** By service, then the oldest first. */
  list(): Promise<SeenInstance[]>;
}
