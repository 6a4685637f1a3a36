import { fromStep, STEPS, toStep } from './limit-steps';

it('finds each step again, no limit included', () => {
  for (const scale of Object.values(STEPS)) scale.forEach((value, step) => expect(fromStep(scale, toStep(scale, value))).toBe(scale[step]));
});

it('shows a value between two steps as the one that lets as much through', () => {
  expect(fromStep(STEPS.concurrency, toStep(STEPS.concurrency, 5))).toBe(8);
  expect(fromStep(STEPS.concurrency, toStep(STEPS.concurrency, 5_000))).toBe(0);
});
