import type { HostLocation, HostSecret } from '@smartant/connectors';
import type { Finding } from '@smartant/runs';
import type { BootProof } from '../../domain/boot-proof';
import type { HostCounts } from '../../domain/host-ledger';
import type { HostScope } from '../../domain/host-scope';
import type { HostInventory } from '../../domain/inventory';
import type { HostLayout } from '../../domain/layout';
import type { HostStage } from '../../domain/stages';
import type { HostVerification } from '../../domain/verification';

/** An endpoint that an engine may connect to. */
export interface HostEndpoint {
  id: string;
  location: HostLocation;
  secret: (signal: AbortSignal) => Promise<HostSecret>;
}

/** A file that could not be moved, while the rest goes on. */
export interface FailedFile {
  /** An absolute path of the source. */
  unit: string;
  code: string;
  message: string;
}

/**
 * What a stage of a migration needs. `state` is kept by the migrator for the migration (not for the run), is the engine's own and holds no
 * secret.
 */
export interface HostJob {
  migrationId: string;
  runId: string;
  /** Grows with each holder of the migration's work, over all its stages and runs; fences writes at the target. */
  epoch: number;
  phase: string;
  source: HostEndpoint;
  target: HostEndpoint;
  scope: HostScope;
  state: { load(): Promise<Record<string, unknown>>; save(change: Record<string, unknown>): Promise<void> };
  /** Bytes about to be read from the source; waits until limits allow it. */
  admit: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Bytes a second that limits allow at most now, for what runs out of our hands; null: no limit. */
  bytesPerSecond: () => number | null;
  /** Adds to the ledger; a stage that is begun anew tells again what it lists and finds, and what it copies once. */
  count: (counts: HostCounts) => void;
  /** Puts a file aside, on the record, and counts it. Raises QUARANTINE_CAP_REACHED past the cap. */
  quarantine: (file: FailedFile) => Promise<void>;
  /** Paths that are put aside and not to be tried again. */
  excludedFiles: () => Promise<Set<string>>;
  /** Those of them that somebody has waived on the record. */
  waivedFiles: () => Promise<Set<string>>;
  /** What is run at a host, for the audit: never an input, never a secret. */
  transcript: (entry: TranscriptEntry) => void;
  /** A piece of work whose span is sampled; attributes name what it is about. */
  unit: <T>(name: string, attributes: Record<string, string | number | boolean>, work: () => Promise<T>) => Promise<T>;
  info: (message: string, fields: Record<string, string | number | boolean>) => void;
  warn: (message: string, fields: Record<string, string | number | boolean>, error?: unknown) => void;
}

/** One command that was run at a host. */
export interface TranscriptEntry {
  host: 'source' | 'target';
  /** As a shell would take it. */
  command: string;
  /** RFC 3339. */
  startedAt: string;
  durationMs: number;
  /** Null: it was ended, or its connection broke. */
  exitCode: number | null;
  /** The end of what it wrote to stderr. */
  stderr: string;
}

/**
 * Hosts, as the stages see them (docs/adr/0015-host-migrations.md). Every method can be called again after a crash at any instruction of an
 * earlier call, and goes on or finds that it is done. Raises SmartantErrors, retryable where waiting helps.
 */
export interface HostEngine {
  /** A host whose key is not pinned is not signed in to: its key is a finding (HOST_KEY_UNKNOWN). */
  probe(endpoint: HostEndpoint, signal: AbortSignal): Promise<{ abilities: string[]; findings: Finding[]; roundTripMs: number }>;
  /** Disks, filesystems, then directories with sizes. `path`: empty, or an absolute directory. */
  discover(
    endpoint: HostEndpoint,
    path: string,
    page: { pageSize: number; pageToken: string },
    signal: AbortSignal,
  ): Promise<{ items: { path: string; kind: string; sizeBytes: number }[]; nextPageToken: string }>;
  /** Everything that a migration needs of both sides, by really asking; leaves nothing behind. */
  precheck(
    source: HostEndpoint,
    target: HostEndpoint,
    scope: HostScope,
    signal: AbortSignal,
  ): Promise<{
    findings: Finding[];
    inventory: HostInventory | null;
    layout: HostLayout | null;
    estimate: { files: number; bytes: number };
  }>;
  /** One stage of a run. */
  readonly stages: Record<HostStage, (job: HostJob, signal: AbortSignal) => Promise<StageResult>>;
}

export interface StageResult {
  findings?: Finding[];
  verification?: HostVerification;
  /** Of `rehearse` and `boot`. */
  boot?: BootProof;
  /** What the final delta would be now: of a round that has ended. */
  prediction?: { files: number; bytes: number; seconds: number };
  /** RFC 3339; of a cutover: when services of the source were stopped, and when the target answered its probes. */
  frozenAt?: string;
  openedAt?: string;
  /** Of a stage that looked at the whole source: what is to be expected of the copy. */
  estimate?: { files: number; bytes: number };
}
