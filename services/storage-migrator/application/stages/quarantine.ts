import { quarantine as setAside } from '@smartant/runs';
import type { HeldShard } from '@smartant/shards';
import type { CopyFailure } from '../objects/copy-object';
import type { RunContext } from '../runs/run-context';
import type { StageTools } from './stage';

/** Sets a failing object aside. Raises QUARANTINE_CAP_REACHED when that makes more than the migration allows, after recording it. */
export async function quarantine(
  key: string,
  { error, attempts }: CopyFailure,
  shard: HeldShard,
  { run }: RunContext,
  tools: StageTools,
): Promise<void> {
  tools.observer.objects('quarantined', 1);
  await setAside({ unit: key, units: 'objects', error, attempts }, shard.claim, run, tools);
}
