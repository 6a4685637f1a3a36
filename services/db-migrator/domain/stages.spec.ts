import { firstStage, isGivenBackBy, RUN_PHASES, stageAfter, type RunPhase, type Stage } from './stages';

function stages(phase: RunPhase, scope: { mode: 'live' | 'snapshot'; reverse: boolean }): Stage[] {
  const found: Stage[] = [];
  for (let stage: Stage | null = firstStage({ phase, scope }); stage; stage = stageAfter({ phase, scope }, stage)) found.push(stage);
  return found;
}

describe('stages of a run', () => {
  it('are those of the decision record', () => {
    const scope = { mode: 'live', reverse: true } as const;
    expect(Object.fromEntries(RUN_PHASES.map((phase) => [phase, stages(phase, scope)]))).toEqual({
      prepare: ['prepare'],
      full: ['schema', 'copy', 'constraints'],
      incremental: ['sync', 'stream'],
      cutover: ['sync', 'cutover'],
      reversible: ['stream-back'],
      finalize: ['release'],
      rollback: ['roll-back', 'release'],
    });
  });

  it('leave out the changes of a snapshot, and the stream back where there is none', () => {
    expect(stages('incremental', { mode: 'snapshot', reverse: false })).toEqual(['finish']);
    expect(stages('cutover', { mode: 'snapshot', reverse: false })).toEqual(['cutover']);
    expect(stages('rollback', { mode: 'live', reverse: false })).toEqual(['roll-back', 'release']);
    expect(stages('reversible', { mode: 'live', reverse: false })).toEqual(['finish']);
  });

  it('give the source back only while the target is closed', () => {
    const given = stages('cutover', { mode: 'live', reverse: true }).filter((stage) => isGivenBackBy({ phase: 'cutover' }, stage));
    expect(given).toEqual(['cutover']);
    expect(isGivenBackBy({ phase: 'rollback' }, 'roll-back')).toBe(false);
  });
});
