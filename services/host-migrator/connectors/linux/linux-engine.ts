import type { HostEngine, HostJob, StageResult } from '../../application/ports/host-engine';
import type { HostStage } from '../../domain/stages';
import { boot, makeBootable, rehearse } from './stages/boot';
import type { EngineSettings } from './stages/engine-settings';
import { prepare } from './stages/prepare';
import { discoverPlace, precheckMigration, probePlace } from './stages/probing';
import { release } from './stages/release';
import { freeze, reopen, settle } from './stages/services';
import { layOut, sync, verify } from './stages/sync';

type Stage = (job: HostJob, settings: EngineSettings, signal: AbortSignal) => Promise<StageResult>;

const STAGES: Record<HostStage, Stage> = {
  prepare,
  layout: layOut,
  sync,
  rehearse,
  freeze,
  verify,
  convert: makeBootable,
  boot,
  reopen,
  settle,
  release,
};

/** Linux machines over SSH, into the disks of a rescue system or an image (docs/adr/0015-host-migrations.md). */
export function linuxEngine(settings: EngineSettings): HostEngine {
  const stages = Object.fromEntries(
    Object.entries(STAGES).map(([name, stage]) => [name, (job: HostJob, signal: AbortSignal) => stage(job, settings, signal)]),
  ) as HostEngine['stages'];
  return {
    probe: (endpoint, signal) => probePlace(endpoint, settings, signal),
    discover: (endpoint, path, page, signal) => discoverPlace(endpoint, path, page, settings, signal),
    precheck: (source, target, scope, signal) => precheckMigration({ source, target, scope }, settings, signal),
    stages,
  };
}
