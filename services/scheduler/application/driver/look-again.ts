import type { DrivenMigration } from '../../domain/migration/driven-migration';
import { nextEffect } from '../../domain/migration/effects';

/** The first look at a run that was just started: short ones are over by then. */
const FIRST_POLL_MS = 200;
/** Looks at a run that told nothing new, at the usual pace, before they become rarer. */
const QUIET_LOOKS = 3;
/** A late order of a replica that hung may set a paused run going: it is looked at closely for as long as a call can last. */
const HELD_LOOKS = 45;
const SLOWER = 1.5;
const RAREST_POLL = 10;
const RAREST_HELD_LOOK = 30;

export interface NextLook {
  /** Milliseconds until somebody is to look again; null: only when a user changes it. */
  dueInMs: number | null;
  quietLooks: number;
}

/**
 * When an effect's outcome is to be followed up. A run that makes progress is looked at each `pollMs`; one that stands still (a closed window,
 * a limit, a pause) ever more rarely, so that a thousand of them cost little. Nothing depends on events: they only make the next look earlier.
 */
export function lookAgain(before: DrivenMigration, after: DrivenMigration, quietLooks: number, nowMs: number, pollMs: number): NextLook {
  const next = nextEffect(after, nowMs);
  if (next === 'nothing') return { dueInMs: null, quietLooks: 0 };
  if ('waitUntilMs' in next) return { dueInMs: next.waitUntilMs - nowMs, quietLooks: 0 };
  const same = before.order === after.order && before.runId === after.runId && before.phase === after.phase;
  const looks = same && !progressed(before, after) ? quietLooks + 1 : 0;
  if (next.do === 'check-paused-run') return { dueInMs: pollMs * rarer(looks - HELD_LOOKS, RAREST_HELD_LOOK), quietLooks: looks };
  if (next.do === 'get-run' && before.order !== 'watch') return { dueInMs: Math.min(FIRST_POLL_MS, pollMs), quietLooks: 0 };
  if (next.do === 'get-run') return { dueInMs: pollMs * rarer(looks - QUIET_LOOKS, RAREST_POLL), quietLooks: looks };
  return { dueInMs: same && !before.limitsDue ? pollMs : 0, quietLooks: 0 };
}

function rarer(looks: number, atMost: number): number {
  return Math.min(atMost, SLOWER ** Math.max(0, looks));
}

function progressed(before: DrivenMigration, after: DrivenMigration): boolean {
  return (
    before.shardsDone !== after.shardsDone ||
    before.shardsTotal !== after.shardsTotal ||
    JSON.stringify(before.ledger) !== JSON.stringify(after.ledger)
  );
}
