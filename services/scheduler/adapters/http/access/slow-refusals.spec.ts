import { EventEmitter, once } from 'node:events';
import { SlowRefusals } from './slow-refusals';

const response = () => new EventEmitter();

it('answers the first refusals of a caller at once, holds back the next, and forgets those who leave', async () => {
  const refusals = new SlowRefusals(50);
  let answered = 0;
  const answer = () => void (answered += 1);
  for (let times = 0; times < 10; times += 1) refusals.refuse('noisy', response() as never, answer);
  expect(answered).toBe(10);
  const stays = response();
  const leaves = response();
  const late = new EventEmitter();
  refusals.refuse('noisy', stays as never, () => late.emit('answered'));
  refusals.refuse('noisy', leaves as never, answer);
  refusals.refuse('quiet', response() as never, answer);
  expect(answered).toBe(11);
  expect(refusals.size).toBe(2);
  leaves.emit('close');
  expect(refusals.size).toBe(1);
  await once(late, 'answered');
  expect(refusals.size).toBe(0);
  expect(answered).toBe(11);
  expect(stays.listenerCount('close')).toBe(0);
});

it('holds back no more than it can bear', () => {
  const refusals = new SlowRefusals(60_000);
  let answered = 0;
  const responses = Array.from({ length: 3_000 }, () => response());
  for (const held of responses) refusals.refuse('noisy', held as never, () => void (answered += 1));
  expect(refusals.size).toBe(2_000);
  expect(answered).toBe(1_000);
  for (const held of responses) held.emit('close');
  expect(refusals.size).toBe(0);
});
