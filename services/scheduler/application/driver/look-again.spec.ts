import type { DrivenMigration } from '../../domain/migration/driven-migration';
import { inState, SPECS } from '../../domain/migration/fixtures/every-event';
import { lookAgain } from './look-again';

const POLL_MS = 1_000;
const watching = inState({ spec: SPECS.storage, phase: 'full', status: 'running', order: 'watch' });
const held = inState({ spec: SPECS.storage, phase: 'full', status: 'paused', order: 'hold' });

/** When the looks at a run that tells nothing new happen, in seconds after the first. */
function looksWithin(seconds: number, migration: DrivenMigration): number[] {
  const at: number[] = [];
  for (let now = 0, quiet = 0; now <= seconds;) {
    at.push(now);
    const next = lookAgain(migration, migration, quiet, 0, POLL_MS);
    now += next.dueInMs! / 1_000;
    quiet = next.quietLooks;
  }
  return at;
}

describe('lookAgain', () => {
  it('keeps up with a run that makes progress, however quiet it was', () => {
    const after = { ...watching, ledger: { ...watching.ledger, copiedObjects: 1 } };
    expect(lookAgain(watching, after, 100, 0, POLL_MS)).toEqual({ dueInMs: POLL_MS, quietLooks: 0 });
  });

  it('looks ever more rarely at one that stands still, and ten seconds apart at most', () => {
    const looks = looksWithin(600, watching);
    expect(looks.slice(0, 3)).toEqual([0, 1, 2]);
    expect(looks.length).toBeLessThan(80);
    expect(Math.max(...looks.slice(1).map((at, index) => at - looks[index]!))).toBe(10);
  });

  it('watches a paused run closely for as long as a late order can still arrive, then rarely', () => {
    const looks = looksWithin(3_600, held);
    expect(looks.filter((at) => at <= 45)).toHaveLength(46);
    expect(looks.length).toBeLessThan(200);
  });

  it('goes on at once where something else is due, and never where nothing is', () => {
    const started = inState({ spec: SPECS.storage, phase: 'full', status: 'pending', order: 'start' });
    expect(lookAgain(started, watching, 0, 0, POLL_MS).dueInMs).toBe(200);
    expect(lookAgain(watching, { ...watching, order: 'start', runId: 'run_2' }, 0, 0, POLL_MS).dueInMs).toBe(0);
    expect(
      lookAgain(watching, inState({ spec: SPECS.storage, phase: 'reversible', status: 'waiting', order: 'none' }), 0, 0, POLL_MS).dueInMs,
    ).toBeNull();
  });
});
