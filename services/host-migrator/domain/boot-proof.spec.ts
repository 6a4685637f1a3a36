import { bootFailures, type BootProof } from './boot-proof';

const proof = (change: Partial<BootProof> = {}): BootProof => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  answeredAfterMs: 4_000,
  probes: [{ probe: 'http:80', passed: true, detail: '' }],
  actions: [{ name: 'warm', passed: true, exitCode: 0, output: '' }],
  console: '',
  ...change,
});

it.each<[string, Partial<BootProof>, string[]]>([
  ['nothing where all passed', {}, []],
  ['a machine that never answered', { answeredAfterMs: null }, ['the machine did not answer']],
  ['a probe that failed', { probes: [{ probe: 'tcp:5432', passed: false, detail: 'refused' }] }, ['probe tcp:5432: refused']],
  ['an action that was required', { actions: [{ name: 'warm', passed: false, exitCode: 1, output: '' }] }, ['action warm']],
  ['no action that was not', { actions: [{ name: 'other', passed: false, exitCode: 1, output: '' }] }, []],
])('names %s', (_name, change, failures) => {
  const wanted = [
    { name: 'warm', required: true },
    { name: 'other', required: false },
  ];
  expect(bootFailures(proof(change), wanted)).toEqual(failures);
});
