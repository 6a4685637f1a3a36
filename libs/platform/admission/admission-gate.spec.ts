import { SmartantError } from '@smartant/kernel';
import { AdmissionGate } from './admission-gate';
import type { ClassLimits, Permit } from './class-limits';

const limits = (changes: Partial<ClassLimits> = {}): ClassLimits => ({
  most: 4,
  least: 1,
  queue: 4,
  patienceMs: 60_000,
  callerShare: 1,
  shrinkAboveDelayMs: 50,
  retryAfterMs: 1_000,
  ...changes,
});

const gateOf = (changes: Partial<ClassLimits> = {}, delayMs = () => 0) =>
  new AdmissionGate({ classes: { list: limits(changes), transition: limits() }, takeDelayMs: delayMs });

const enterAll = (gate: AdmissionGate<'list' | 'transition'>, caller: string, times: number) =>
  Promise.all(Array.from({ length: times }, () => gate.enter('list', caller)));

/** Settled already, or still open. */
async function outcome(promise: Promise<Permit>): Promise<string> {
  const open = new Promise<string>((resolve) => setImmediate(() => resolve('waits')));
  return Promise.race([open, promise.then(() => 'in').catch((error: SmartantError) => error.code)]);
}

it('lets in up to the limit, makes the next wait, and refuses those beyond the queue with a time to come back', async () => {
  const gate = gateOf({ queue: 1 });
  const [first] = await enterAll(gate, 'ann', 4);
  const next = gate.enter('list', 'ben');
  expect(await outcome(next)).toBe('waits');
  const error = await gate.enter('list', 'cid').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ADMISSION_OVERLOADED', kind: 'unavailable', retry: { kind: 'after' }, details: { class: 'list' } });
  const { delayMs } = (error as SmartantError).retry as { delayMs: number };
  expect(delayMs).toBeGreaterThanOrEqual(1_000);
  expect(delayMs).toBeLessThanOrEqual(2_000);
  first?.leave();
  expect(await outcome(next)).toBe('in');
  expect(gate.stateOf('list')).toEqual({ limit: 4, running: 4, waiting: 0 });
});

it('keeps the places of one class from the flood of another', async () => {
  const gate = gateOf({ queue: 0 });
  await enterAll(gate, 'ann', 4);
  expect(await outcome(gate.enter('list', 'ben'))).toBe('ADMISSION_OVERLOADED');
  expect(await outcome(gate.enter('transition', 'ben'))).toBe('in');
});

it('frees a place once, however often it is left', async () => {
  const gate = gateOf({ queue: 0 });
  const [first] = await enterAll(gate, 'ann', 4);
  first?.leave();
  first?.leave();
  expect(gate.stateOf('list').running).toBe(3);
});

it('never gives one caller all places, free or not', async () => {
  const gate = gateOf({ callerShare: 0.5, queue: 2 });
  await enterAll(gate, 'noisy', 2);
  const waiting = gate.enter('list', 'noisy');
  expect(await outcome(waiting)).toBe('waits');
  expect(await outcome(gate.enter('list', 'noisy'))).toBe('ADMISSION_CALLER_LIMIT');
  expect(await outcome(gate.enter('list', 'quiet'))).toBe('in');
  expect(gate.stateOf('list')).toMatchObject({ running: 3, waiting: 1 });
});

it('lets callers take turns, however many requests one of them has waiting', async () => {
  const gate = gateOf({ most: 1, queue: 8 });
  const [inside] = await enterAll(gate, 'noisy', 1);
  const order: string[] = [];
  const follow = (name: string) => gate.enter('list', name).then((permit) => (order.push(name), permit.leave()));
  const all = [follow('noisy'), follow('noisy'), follow('noisy'), follow('quiet')];
  inside?.leave();
  await Promise.all(all);
  expect(order.indexOf('quiet')).toBeLessThanOrEqual(1);
});

it('makes room in a full queue at the cost of the one who has the most waiting', async () => {
  const gate = gateOf({ most: 1, queue: 3 });
  await enterAll(gate, 'noisy', 1);
  const waiting = [1, 2, 3].map(() => gate.enter('list', 'noisy'));
  const quiet = gate.enter('list', 'quiet');
  expect(await outcome(quiet)).toBe('waits');
  expect(await Promise.all(waiting.map(outcome))).toEqual(['waits', 'waits', 'ADMISSION_CALLER_LIMIT']);
});

it('refuses who has waited long enough, and forgets who left', async () => {
  const gate = gateOf({ most: 1, patienceMs: 1 });
  await enterAll(gate, 'ann', 1);
  await expect(gate.enter('list', 'ben')).rejects.toMatchObject({ code: 'ADMISSION_OVERLOADED' });
  const gone = new AbortController();
  const patient = gateOf({ most: 1 });
  const [held] = await enterAll(patient, 'ann', 1);
  const left = patient.enter('list', 'ben', gone.signal);
  gone.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  held?.leave();
  expect(patient.stateOf('list')).toEqual({ limit: 1, running: 0, waiting: 0 });
});

it('shrinks while the event loop is late, never below the least, and grows again only where the limit is reached', async () => {
  let delayMs = 100;
  const gate = gateOf({ most: 10, least: 2 }, () => delayMs);
  const limitAfterTick = () => (gate.tick(), gate.stateOf('list').limit);
  expect([1, 2, 3, 4, 5, 6, 7].map(limitAfterTick)).toEqual([7, 4, 2, 2, 2, 2, 2]);
  delayMs = 0;
  expect(limitAfterTick()).toBe(2);
  const permits = await enterAll(gate, 'ann', 2);
  const waiting = gate.enter('list', 'ann');
  expect(limitAfterTick()).toBe(3);
  expect(await outcome(waiting)).toBe('in');
  permits.forEach((permit) => permit.leave());
  expect(limitAfterTick()).toBe(3);
});

it('lets one in at a time and rests between them where the least is less than one', async () => {
  let delayMs = 100;
  const gate = gateOf({ most: 2, least: 0.2 }, () => delayMs);
  for (let ticks = 0; ticks < 10; ticks += 1) gate.tick();
  expect(gate.stateOf('list').limit).toBe(0.2);
  const [first] = await enterAll(gate, 'ann', 1);
  const startedMs = performance.now();
  while (performance.now() - startedMs < 30);
  const tookMs = performance.now() - startedMs;
  first?.leave();
  const leftMs = performance.now();
  await gate.enter('list', 'ben');
  // Four times as long as it took.
  expect(performance.now() - leftMs).toBeGreaterThan(3.5 * tookMs);
  delayMs = 0;
  for (let ticks = 0; ticks < 20; ticks += 1) {
    void gate.enter('list', 'cid').catch(() => undefined);
    gate.tick();
  }
  expect(gate.stateOf('list').limit).toBe(2);
});

it('never shrinks what must go on', () => {
  const gate = gateOf({ shrinkAboveDelayMs: null }, () => 10_000);
  gate.tick();
  expect(gate.stateOf('list').limit).toBe(4);
  expect(gate.stateOf('transition').limit).toBeLessThan(4);
});

it('sees an event loop that is blocked', async () => {
  const gate = new AdmissionGate({ classes: { list: limits({ most: 100, shrinkAboveDelayMs: 20 }) } });
  gate.start();
  try {
    while (gate.stateOf('list').limit === 100) {
      const untilMs = performance.now() + 80;
      while (performance.now() < untilMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    gate.stop();
  }
  expect(gate.stateOf('list').limit).toBeLessThan(100);
});
