import { phaseLine } from './phase-line';

const timing = (phase: string, finishedAt?: string) => ({ phase, round: 0, startedAt: '2026-01-01T00:00:00Z', finishedAt }) as never;
const statesOf = (phase: string, status: string, ...ran: string[]) =>
  phaseLine({ phase, status, timings: ran.map((each) => timing(each, 'x')) } as never).map((step) => `${step.phase} ${step.state}`);

it('shows what is behind, where it is, and what comes', () => {
  expect(statesOf('full', 'running', 'precheck', 'prepare', 'full')).toEqual([
    'precheck done',
    'prepare done',
    'full now',
    'incremental ahead',
    'cutover ahead',
    'reversible ahead',
    'done ahead',
  ]);
});

it('marks where it failed, or was ended', () => {
  expect(statesOf('precheck', 'failed', 'precheck')[0]).toBe('precheck failed');
  expect(statesOf('incremental', 'cancelled', 'precheck', 'prepare', 'full', 'incremental')).toContain('incremental failed');
});

it('shows a rehearsal and a rollback where there are any, and calls nothing done that was left out', () => {
  expect(statesOf('rehearsal', 'running', 'precheck', 'prepare', 'full', 'incremental', 'rehearsal')).toContain('rehearsal now');
  expect(statesOf('done', 'succeeded', 'precheck', 'prepare', 'full', 'cutover', 'reversible', 'finalize')).toEqual([
    'precheck done',
    'prepare done',
    'full done',
    'incremental ahead',
    'cutover done',
    'reversible done',
    'finalize done',
    'done done',
  ]);
});

it('counts rounds', () => {
  const steps = phaseLine({ phase: 'incremental', status: 'waiting', timings: [timing('incremental'), timing('incremental')] } as never);
  expect(steps.find(({ phase }) => phase === 'incremental')).toMatchObject({ rounds: 2, state: 'now', finishedAt: null });
});
