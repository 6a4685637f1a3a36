import { advance } from './advance';
import { HeldShard } from './held-shard';
import { emptyCounters, type Counters, type Range } from './counters';
import { RangeSync } from './range-sync';
import { verificationOf } from './verification';

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** A run that is not to have its secrets is given up after this many attempts. */
const SECRET_ATTEMPTS = 5;

/** Works on a shard until it is completed, lost or handed back; then `left`. */
export function workOn(shard: HeldShard, left: () => void): void {
  const { parts, claim, process } = shard;
  const { migrationId, runId } = claim;
  const handBack = (): void => release(shard, left);
  shard.onStop = () => (shard.stopped === 'lost' ? left() : handBack());
  process.after(parts.world.random.int(1, 10), () => {
    if (shard.stopped) return;
    if (!parts.mayResolveSecrets(migrationId, runId) && claim.kind !== 'cleanup') return refuse(shard, left);
    if (parts.world.random.chance(parts.weather.runError)) return failRun(shard, 'STORAGE_UNAVAILABLE', left);
    begin(shard, left);
  });
}

function begin(shard: HeldShard, left: () => void): void {
  const { claim, process } = shard;
  const finish = (counters: Counters): void => complete(shard, counters, left);
  switch (claim.kind) {
    case 'sync':
    case 'delete': {
      const walk = new RangeSync(shard, claim.kind === 'delete', finish, () => putBack(shard, left));
      shard.onStop = () => (shard.stopped === 'lost' ? left() : walk.saveAnd(() => release(shard, left)));
      return walk.go();
    }
    case 'verify':
      return verify(shard, finish);
    default:
      process.after(5, () => shard.stopped || finish(emptyCounters()));
  }
}

/** Reads both sides of a range once more and digests them. */
function verify(shard: HeldShard, finish: (counters: Counters) => void): void {
  const { parts, claim, process } = shard;
  const [from, to] = claim.range as Range;
  const pair = parts.objects.get(claim.migrationId);
  const counters = emptyCounters();
  const step = (key: number): void =>
    process.after(parts.world.random.int(1, 150), () => {
      if (shard.stopped || !pair) return;
      if (key === to) return finish(counters);
      const [source, target] = [pair.source[key] ?? 0, pair.target[key] ?? 0];
      counters.verifyUnits += 1;
      counters.verifyKeys += 2 ** key;
      counters.sourceDigest += source * 6 ** key;
      counters.targetDigest += target * 6 ** key;
      if (source !== target) counters.different += 1;
      step(key + 1);
    });
  step(from);
}

/** Exactly one completion of a stage finds itself the last, and adds the next stage or ends the run. */
function complete(shard: HeldShard, counters: Counters, left: () => void): void {
  const { parts, claim } = shard;
  const { model, runs } = parts;
  const work = (): void => {
    shard.tellOfLateWrites();
    const last = model.complete(claim, { position: null, ledger: counters });
    if (!last) return;
    if (claim.kind === 'cleanup') return runs.end(claim.runId, 'cancelled');
    if (claim.kind !== 'finish') return advance(parts, claim.runId, claim.kind);
    const run = runs.get(claim.runId);
    runs.end(claim.runId, 'succeeded', null, run?.phase === 'cutover' ? verificationOf(parts, run) : undefined);
  };
  shard.onStop = null;
  // Unknown is not done: what was not heard of runs out with its lease.
  shard.write(work, left, left);
}

function release(shard: HeldShard, left: () => void): void {
  const { model } = shard.parts;
  const { claim } = shard;
  shard.onStop = null;
  const work = (): void => {
    shard.tellOfLateWrites();
    model.release(claim);
  };
  shard.write(work, left, left);
}

function putBack(shard: HeldShard, left: () => void): void {
  const { model, database } = shard.parts;
  const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** shard.claim.attempts);
  shard.onStop = null;
  const work = (): void => {
    shard.tellOfLateWrites();
    model.fail(shard.claim, delayMs, database.nowMs);
  };
  shard.write(work, left, left);
}

function refuse(shard: HeldShard, left: () => void): void {
  if (shard.claim.attempts >= SECRET_ATTEMPTS) failRun(shard, 'CREDENTIAL_RUN_INACTIVE', left);
  else putBack(shard, left);
}

/** In the name of the shard: who does not hold it any more fails nothing. */
function failRun(shard: HeldShard, code: string, left: () => void): void {
  const { model, runs } = shard.parts;
  const error = { code, message: code, hint: '', retryable: true };
  const work = (): void => {
    model.assertHeld(shard.claim);
    shard.tellOfLateWrites();
    runs.end(shard.claim.runId, 'failed', error);
  };
  shard.onStop = null;
  shard.write(work, left, left);
}
