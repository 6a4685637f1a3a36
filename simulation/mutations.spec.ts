import { MUTATIONS, type Mutation } from './mutations';
import { runSeeds } from './run-seeds';

/** What each safeguard is there for: the rules of which one has to break without it, within so many seeds. */
const NOTICED: Record<Mutation, { within: number; as: string[] }> = {
  'fencing-off': { within: 4_000, as: ['stale-write'] },
  'epochs-off': { within: 4_000, as: ['stale-write'] },
  'effect-before-claim': { within: 20, as: ['stale-write'] },
  'lease-guard-off': { within: 4_000, as: ['write-after-proof', 'proved-while-different'] },
  'zombie-horizon-off': { within: 4_000, as: ['write-after-proof', 'proved-while-different'] },
  'horizon-forgotten-between-runs': { within: 4_000, as: ['write-after-proof', 'proved-while-different'] },
  'horizon-forgotten-at-hand-back': { within: 4_000, as: ['write-after-proof', 'proved-while-different'] },
  'incarnation-off': { within: 4_000, as: ['stale-write', 'no-end', 'orphan-run'] },
  'ledger-beside-checkpoint': { within: 300, as: ['unit-lost', 'unit-doubled'] },
  'revision-unchecked': { within: 300, as: ['version-order'] },
  'events-beside-transaction': { within: 300, as: ['event-lost', 'version-order'] },
  'relay-removes-first': { within: 100, as: ['event-lost', 'version-order'] },
  'verification-believed': { within: 300, as: ['proved-while-different'] },
};

describe('without a safeguard', () => {
  it.each(Object.keys(MUTATIONS) as Mutation[])('the simulation fails: %s', (mutation) => {
    const { within, as } = NOTICED[mutation];
    const { failures } = runSeeds(1, within, { mutations: [mutation], failuresAtMost: 1 });
    expect(failures).toHaveLength(1);
    expect(as).toContain(failures[0]?.rule);
  });
});
