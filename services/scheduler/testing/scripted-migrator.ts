import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { commonV1, migratorV1 } from '@smartant/contracts';
import { SmartantError } from '@smartant/kernel';
import { toGrpcError } from '@smartant/platform/grpc';

const { Phase, Status } = commonV1;

/**
 * A real gRPC server of MigratorService whose runs do nothing but end. Like the real one it is idempotent, remembers runs
 * and refuses older epochs; tests script how and when runs end.
 */
export class ScriptedMigrator {
  readonly runs = new Map<string, migratorV1.Run>();
  /** Every call that arrived, in order: "StartPhase PHASE_FULL", "Pause". */
  readonly calls: string[] = [];
  readonly starts: migratorV1.StartPhaseRequest[] = [];
  limits: commonV1.Limits | undefined;
  failures: migratorV1.Failure[] = [];
  resolved: migratorV1.ResolveFailuresRequest[] = [];
  findings: commonV1.Finding[] = [];
  /** Phases whose runs go on until released. */
  readonly held = new Set<commonV1.Phase>();
  /** How runs of a phase end; default: succeeded, cutover with an equal verification. */
  ending: (run: migratorV1.Run) => Partial<migratorV1.Run> = () => ({});
  /** Awaited by Precheck before it answers. */
  precheckGate: Promise<void> = Promise.resolve();
  private server: Server | null = null;
  private port = 0;

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Listens, on the same port after a stop. */
  async listen(): Promise<void> {
    const server = new Server();
    server.addService(migratorV1.MigratorServiceService, this.implementation() as never);
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(this.address, ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)));
    });
    this.server = server;
  }

  /** Cuts every connection, like a killed process. Runs are kept: the real ones are in a database. */
  close(): void {
    this.server?.forceShutdown();
    this.server = null;
  }

  countOf(call: string): number {
    return this.calls.filter((known) => known.startsWith(call)).length;
  }

  private implementation() {
    const unary =
      <Request, Response>(name: string, answer: (request: Request) => Promise<Response> | Response) =>
      (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => {
        this.calls.push(name);
        Promise.resolve()
          .then(() => answer(call.request))
          .then(
            (response) => done(null, response),
            (error: unknown) => done(error instanceof SmartantError ? toGrpcError(error) : (error as Error)),
          );
      };
    return {
      probe: unary('Probe', () => ({ reachable: true, abilities: ['tags'], findings: [], roundTripMs: 1 })),
      discover: unary('Discover', () => ({ items: [{ path: 'a/', kind: 'prefix', sizeBytes: 0 }], nextPageToken: '' })),
      estimate: unary('Estimate', () => ({ objects: 5, bytes: 50, complete: true })),
      precheck: unary('Precheck', async () => {
        await this.precheckGate;
        return { findings: this.findings, estimate: { objects: 5, bytes: 50, complete: true } };
      }),
      startPhase: unary('StartPhase', (request: migratorV1.StartPhaseRequest) => ({ run: this.startPhase(request) })),
      getRun: unary('GetRun', ({ runId }: migratorV1.GetRunRequest) => ({ run: this.advance(this.known(runId)) })),
      pause: unary('Pause', ({ runId }: migratorV1.PauseRequest) => ({ run: this.toStatus(runId, Status.STATUS_PAUSED) })),
      resume: unary('Resume', ({ runId }: migratorV1.ResumeRequest) => ({ run: this.toStatus(runId, Status.STATUS_RUNNING) })),
      cancel: unary('Cancel', (request: migratorV1.CancelRequest) => ({ run: this.cancel(request) })),
      setLimits: unary('SetLimits', ({ limits }: migratorV1.SetLimitsRequest) => {
        this.limits = limits;
        return {};
      }),
      listFailures: unary('ListFailures', () => ({ failures: this.failures, nextPageToken: '' })),
      resolveFailures: unary('ResolveFailures', (request: migratorV1.ResolveFailuresRequest) => {
        this.resolved.push(request);
        return { resolved: request.failureIds.length };
      }),
    };
  }

  private startPhase(request: migratorV1.StartPhaseRequest): migratorV1.Run {
    this.starts.push(request);
    const { runId, migrationId, epoch, phase } = request;
    const newest = Math.max(0, ...[...this.runs.values()].filter((run) => run.migrationId === migrationId).map((run) => run.epoch));
    if (epoch < newest) throw new SmartantError('RUN_EPOCH_STALE', 'stale', { kind: 'precondition' });
    const run = this.runs.get(runId) ?? { ...migratorV1.Run.fromJSON({}), runId, migrationId, epoch, phase, status: Status.STATUS_RUNNING };
    this.runs.set(runId, run);
    return run;
  }

  /** A run ends at the first look that finds its phase not held. */
  private advance(run: migratorV1.Run): migratorV1.Run {
    if (run.status !== Status.STATUS_RUNNING || this.held.has(run.phase)) return run;
    const verification = run.phase === Phase.PHASE_CUTOVER ? equalVerification() : undefined;
    const ledger = { ...commonV1.Ledger.fromJSON({}), copiedObjects: run.phase === Phase.PHASE_FULL ? 5 : 0, copiedBytes: 50 };
    return this.keep({ ...run, status: Status.STATUS_SUCCEEDED, ledger, verification, ...this.ending(run) });
  }

  private known(runId: string): migratorV1.Run {
    const run = this.runs.get(runId);
    if (run) return run;
    throw new SmartantError('RUN_NOT_FOUND', 'no such run', { kind: 'not-found' });
  }

  private toStatus(runId: string, status: commonV1.Status): migratorV1.Run {
    const run = this.known(runId);
    const live = run.status === Status.STATUS_RUNNING || run.status === Status.STATUS_PAUSED;
    return live ? this.keep({ ...run, status }) : run;
  }

  private cancel({ runId }: migratorV1.CancelRequest): migratorV1.Run | undefined {
    return this.runs.has(runId) ? this.toStatus(runId, Status.STATUS_CANCELLED) : undefined;
  }

  private keep(run: migratorV1.Run): migratorV1.Run {
    this.runs.set(run.runId, run);
    return run;
  }
}

/** What a cutover of five equal objects brings. */
export function equalVerification(): migratorV1.Verification {
  return {
    level: commonV1.VerifyLevel.VERIFY_LEVEL_CONTENT,
    equal: true,
    sourceFrozen: true,
    sourceObjects: 5,
    sourceBytes: 50,
    targetObjects: 5,
    targetBytes: 50,
    sourceRoot: 'ab'.repeat(32),
    targetRoot: 'ab'.repeat(32),
    bucketCount: 64,
    firstInventory: 'cd'.repeat(32),
    secondInventory: 'cd'.repeat(32),
    differences: [],
    differenceCount: 0,
    waivedCount: 0,
    asOf: '2026-01-01T00:00:00.000Z',
  };
}
