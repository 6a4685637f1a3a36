import type { HostJob, StageResult } from '../../../application/ports/host-engine';
import type { HostEngineKind } from '../../../domain/host-scope';
import { blockRounds } from './block-rounds';
import type { EngineSettings } from './engine-settings';
import { fileRounds } from './file-rounds';

/** A way to make the target's filesystems what the source's are. */
export interface DataEngine {
  /** A round. Begun anew after a crash, it goes on with what is not there yet. */
  sync(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult>;
  /** Compares what arrived, before anything of it is changed to make it start. */
  verify(job: HostJob, settings: EngineSettings, signal: AbortSignal): Promise<StageResult>;
}

export const DATA_ENGINES: Record<HostEngineKind, DataEngine> = { files: fileRounds, blocks: blockRounds };
