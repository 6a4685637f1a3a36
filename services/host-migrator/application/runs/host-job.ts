import type { Access, SecretSource, StageJob } from '@smartant/runs';
import type { HostSecret } from '@smartant/connectors';
import type { HostCounts } from '../../domain/host-ledger';
import type { HostScope } from '../../domain/host-scope';
import type { Endpoint, Run } from '../../domain/run';
import type { HostEndpoint, HostJob, TranscriptEntry } from '../ports/host-engine';

type Secrets = Pick<SecretSource<HostSecret>, 'resolve'>;

/** What the engine is given for a stage of a run. */
export function hostJob(job: StageJob<Run>, run: Run, secrets: Secrets, transcript: (entry: TranscriptEntry) => void): HostJob {
  const { migrationId, runId, epoch, state, admit, bytesPerSecond, count, quarantine, unit, info, warn } = job;
  return {
    migrationId,
    runId,
    epoch,
    phase: run.phase,
    source: toHostEndpoint(run, run.source, secrets),
    target: toHostEndpoint(run, run.target, secrets),
    scope: limitedScope(run),
    state,
    admit,
    bytesPerSecond,
    count: (counts: HostCounts) => count(counts),
    quarantine,
    excludedFiles: job.excluded,
    waivedFiles: job.waived,
    transcript,
    unit,
    info,
    warn,
  };
}

export function toHostEndpoint(access: Access, endpoint: Endpoint, secrets: Secrets): HostEndpoint {
  return { id: endpoint.id, location: endpoint.location, secret: (signal) => secrets.resolve(access, endpoint, signal) };
}

/** Of streams at once, the migration's limit is as good as the scope's wish: the lower one counts. It is heard when a stage begins. */
function limitedScope({ scope, limits }: Run): HostScope {
  const most = limits.concurrency;
  if (most === 0) return scope;
  return { ...scope, streams: scope.streams === 0 ? most : Math.min(scope.streams, most) };
}
