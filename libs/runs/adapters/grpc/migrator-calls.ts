import type { commonV1, migratorV1 } from '@smartant/contracts';
import type { Failures } from '../../failures';
import type { Access, Endpoint, Finding, RunOrder } from '../../run';
import type { RunControl, SharedView } from '../../run-control';

/** Questions about endpoints, answered without a run. */
export interface ProbingCalls {
  /** What goes wrong is a finding, not an error. */
  probe(
    endpoint: Endpoint,
    access: Access,
    signal: AbortSignal,
  ): Promise<{ reachable: boolean; abilities: string[]; findings: Finding[]; roundTripMs: number }>;
  /** `pageSize` 0: as many as a page may have. */
  discover(
    endpoint: Endpoint,
    access: Access,
    path: string,
    pageSize: number,
    pageToken: string,
    signal: AbortSignal,
  ): Promise<{ items: { path: string; kind: string; sizeBytes: number }[]; nextPageToken?: string | null }>;
  estimate(source: Endpoint, scope: object, access: Access, signal: AbortSignal): Promise<migratorV1.EstimateResponse>;
  precheck(
    source: Endpoint,
    target: Endpoint,
    scope: object,
    access: Access,
    signal: AbortSignal,
  ): Promise<{ findings: Finding[]; estimate: migratorV1.EstimateResponse }>;
}

/** How one kind of migrator reads and writes the messages of MigratorService. All raise REQUEST_INVALID, naming the field. */
export interface MigratorWire {
  endpoint(message: commonV1.Endpoint | undefined, field: string): Endpoint;
  scope(message: commonV1.Scope | undefined): object;
  order(request: migratorV1.StartPhaseRequest): RunOrder;
  run(view: SharedView): migratorV1.Run;
}

/** What MigratorService is served with. */
export interface MigratorCalls {
  runs: Pick<RunControl, 'start' | 'get' | 'pause' | 'resume' | 'cancel' | 'setLimits'>;
  probing: ProbingCalls;
  failures: Failures;
  wire: MigratorWire;
}
