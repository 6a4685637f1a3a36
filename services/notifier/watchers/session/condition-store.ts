import type { Finding, Sighting } from '../findings/finding';
import type { AlertReport } from '../../domain/alert';

/** What is wrong with one object: "node-1", "prod/web". */
export interface ObjectFinding extends Finding {
  readonly object: string;
}

/** A report of a condition, and the revision that it is of. */
export interface DueReport {
  readonly fingerprint: string;
  readonly revision: string;
  readonly report: AlertReport;
}

export interface SightOptions {
  /** What is noted with it stays when the list of that id ends. */
  readonly listId: number;
  /** It is over when nothing like it was seen for so long. */
  readonly quietSeconds: number;
  /** Records that the cluster keeps no longer. */
  readonly forgotten?: readonly string[];
  /** Up to where the stream is with these. */
  readonly position?: string;
}

/**
 * What a leader has seen, kept through restarts. Every write is of one transaction that is refused, with WATCHER_LEASE_LOST, when another one leads.
 * A scope is a stream's: conditions of one scope are replaced together when its whole state was read.
 */
export interface ConditionStore {
  /** Null: nothing of this stream was ever seen. */
  position(scope: string): Promise<string | null>;
  /** The findings of these objects (null: of the whole scope) are those, and no others. */
  replace(scope: string, objects: readonly string[] | null, findings: readonly ObjectFinding[]): Promise<void>;
  /** Counts what happened more often than was known, all or nothing. */
  sight(scope: string, sightings: readonly Sighting[], options: SightOptions): Promise<void>;
  /** The cluster has no other records than those that were sighted with `listId`. */
  endList(scope: string, listId: number, position: string): Promise<void>;
  /** Conditions of scopes that are not watched any more are over. */
  retire(scopes: readonly string[]): Promise<void>;
  /** Nobody watched these scopes until now: that it was quiet there says nothing yet. */
  restartQuiet(scopes: readonly string[]): Promise<void>;
  /** Begins what has lasted and ends what was quiet, in scopes whose state is known to be of now. */
  settle(liveScopes: readonly string[]): Promise<void>;
  /** What the intake does not know yet, or was not told for `repeatSeconds`. */
  due(repeatSeconds: number, limit: number): Promise<DueReport[]>;
  /** The intake has them. */
  told(reports: readonly DueReport[]): Promise<void>;
}
