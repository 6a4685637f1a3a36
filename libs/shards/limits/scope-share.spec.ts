import type { LimitGrant } from './limit-store';
import { NO_LIMITS } from './limits';
import { ScopeShare } from './scope-share';

const LEASE_MS = 15_000;

function grant(over: Partial<LimitGrant>): LimitGrant {
  return { scope: 's', version: 1, ...NO_LIMITS, bytes: 0, requests: 0, slots: 0, slotsDue: 0, sharers: 1, ...over };
}

describe('ScopeShare', () => {
  it('lets nothing begin on slots that are too old, as after a sleep, even before anything else has run', () => {
    const share = new ScopeShare('s', LEASE_MS);
    share.granted(grant({ concurrency: 4, slots: 4, slotsDue: 4 }), performance.now() - LEASE_MS);
    expect(share.gate.tryEnter()).toBeNull();
    share.granted(grant({ concurrency: 4, slots: 4, slotsDue: 4 }), performance.now());
    expect(share.gate.tryEnter()).not.toBeNull();
  });

  it('says that it holds what is in flight, also from before there was a limit, and lets nobody in on top', () => {
    const share = new ScopeShare('s', LEASE_MS);
    for (let i = 0; i < 3; i += 1) share.gate.tryEnter();
    share.hear({ scope: 's', version: 1, limits: { ...NO_LIMITS, concurrency: 10 } });
    expect(share.gate.tryEnter()).toBeNull();
    expect(share.ask(200)).toMatchObject({ holds: 3, demand: 3 });
  });

  it('uses no more than what is due to it, and says so before the rest is taken from it', () => {
    const share = new ScopeShare('s', LEASE_MS);
    share.granted(grant({ concurrency: 8, slots: 8, slotsDue: 8 }), performance.now());
    expect(share.ask(200).holds).toBe(8);
    share.granted(grant({ concurrency: 8, slots: 8, slotsDue: 5 }), performance.now());
    expect(share.ask(200).holds).toBe(5);
    for (let i = 0; i < 5; i += 1) share.gate.tryEnter();
    expect(share.gate.tryEnter()).toBeNull();
  });

  it('gives tokens back when it asks, not when it is answered', () => {
    const share = new ScopeShare('s', LEASE_MS);
    share.granted(grant({ requestsPerSecond: 100, requests: 20 }), performance.now());
    expect(share.ask(200).requests).toBe(-20);
    expect(share.take('requests', 1)).toBe(0);
  });
});
