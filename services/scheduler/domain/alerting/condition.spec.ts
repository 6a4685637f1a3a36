import { stepOf, USUAL_PACE, type Condition, type Seen } from './condition';
import { look } from './look';
import { assertChangeValid, settingsOf } from './rule-settings';
import { defineRule } from './alert-rule';

const seen: Seen = {
  fingerprint: 'f',
  workspaceId: 'ws_1',
  rule: 'migration-lag',
  subject: 'migration',
  severity: 'warning',
  labels: { a: 'b' },
  annotations: { lag_seconds: '9' },
  migrationId: 'mig_1',
  traceContext: {},
  forSeconds: 0,
};
const { repeatMs, keepResolvedMs } = USUAL_PACE;
const step = (known: Condition | null, now: Seen | null, nowMs: number) => stepOf(known, now, nowMs, () => 'alc_1');
/** Each look in turn, at these times. */
function over(looks: readonly [Seen | null, number][]): { condition: Condition | null; told: [string, number][] } {
  let condition: Condition | null = null;
  const told: [string, number][] = [];
  for (const [now, at] of looks) {
    const next = step(condition, now, at);
    if (next.isStored) condition = next.condition;
    if (next.isTold) told.push([next.condition!.state, at]);
  }
  return { condition, told };
}

it('fires at once where nothing is waited for, and is told once', () => {
  expect(
    over([
      [seen, 1_000],
      [seen, 2_000],
    ]),
  ).toMatchObject({ condition: { state: 'firing', firingSinceMs: 1_000, tellings: 1 }, told: [['firing', 1_000]] });
});

it('fires only after it has been so for long enough', () => {
  const slow = { ...seen, forSeconds: 60 };
  expect(
    over([
      [slow, 0],
      [slow, 59_999],
    ]).condition?.state,
  ).toBe('pending');
  expect(
    over([
      [slow, 0],
      [slow, 60_000],
    ]),
  ).toMatchObject({ condition: { state: 'firing', pendingSinceMs: 0, firingSinceMs: 60_000 } });
});

it('begins anew when it was well in between', () => {
  const slow = { ...seen, forSeconds: 60 };
  expect(
    over([
      [slow, 0],
      [null, 50_000],
      [slow, 60_000],
      [slow, 110_000],
    ]),
  ).toMatchObject({ condition: { state: 'pending' }, told: [] });
});

it('is told again while it lasts, so that a lost telling is made good', () => {
  const { told } = over([
    [seen, 0],
    [seen, repeatMs - 1],
    [seen, repeatMs],
    [seen, 2 * repeatMs],
  ]);
  expect(told).toEqual([
    ['firing', 0],
    ['firing', repeatMs],
    ['firing', 2 * repeatMs],
  ]);
});

it('is told at once when its severity was changed', () => {
  expect(
    over([
      [seen, 0],
      [{ ...seen, severity: 'critical' }, 1],
    ]),
  ).toMatchObject({
    condition: { severity: 'critical' },
    told: [
      ['firing', 0],
      ['firing', 1],
    ],
  });
});

it('is over when it is not seen any more; that is told again for a while, and then it is forgotten', () => {
  const { told, condition } = over([
    [seen, 0],
    [null, 10],
    [null, 11],
    [null, 10 + repeatMs],
  ]);
  expect(told).toEqual([
    ['firing', 0],
    ['resolved', 10],
    ['resolved', 10 + repeatMs],
  ]);
  expect(condition).toMatchObject({ state: 'resolved', resolvedAtMs: 10 });
  expect(
    over([
      [seen, 0],
      [null, 10],
      [null, 10 + keepResolvedMs],
    ]).condition,
  ).toBeNull();
});

it('fires anew under its id after it was over', () => {
  expect(
    over([
      [seen, 0],
      [null, 10],
      [seen, 20],
    ]),
  ).toMatchObject({ condition: { id: 'alc_1', state: 'firing', firingSinceMs: 20, resolvedAtMs: null, tellings: 3 } });
});

const rule = defineRule({
  name: 'r',
  subject: 'platform',
  summary: 's',
  severity: 'warning',
  forSeconds: 5,
  thresholds: { most: { summary: 's', usual: 3, minimum: 1, maximum: 10 } },
  evaluate: (fact: number, { most }) => (fact > most ? { labels: { a: 'x\u0000\u001b[1m', b: '' }, annotations: { n: '\ud800' } } : null),
});
const owner = { workspaceId: 'ws_1', migrationId: '', traceContext: {} };

it('is held against a rule as its workspace has set it; what is off sees nothing', () => {
  expect(look([rule], 3, owner, () => undefined, 0)).toEqual([]);
  expect(look([rule], 3, owner, () => ({ thresholds: { most: 2 }, severity: 'info' }), 0)).toMatchObject([
    { rule: 'r', severity: 'info', forSeconds: 5 },
  ]);
  expect(look([rule], 9, owner, () => ({ enabled: false }), 0)).toEqual([]);
});

it('keeps only text that can be stored and shown', () => {
  expect(look([rule], 9, owner, () => undefined, 0)).toMatchObject([{ labels: { a: 'x  [1m' }, annotations: { n: '\ufffd' } }]);
});

it('names every wrong setting', () => {
  const wrong = { severity: 'loud' as never, forSeconds: -1, thresholds: { most: 11, least: 1, toString: 1 } };
  expect(() => assertChangeValid(rule, wrong)).toThrow(expect.objectContaining({ code: 'ALERT_RULE_INVALID' }));
  try {
    assertChangeValid(rule, wrong);
  } catch (error) {
    const fields = (error as { fields: { field: string }[] }).fields.map(({ field }) => field);
    expect(fields).toEqual(['severity', 'forSeconds', 'thresholds.most', 'thresholds.least', 'thresholds.toString']);
  }
  expect(settingsOf(rule, { thresholds: { most: 1, gone: 9 } }).thresholds).toEqual({ most: 1 });
});
