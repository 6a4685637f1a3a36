import { firstStage, isGivenBackBy, RUN_PHASES, stageAfter, type RunPhase, type Stage } from './stages';

function stages(phase: RunPhase): Stage[] {
  const found: Stage[] = [];
  for (let stage: Stage | null = firstStage({ phase }); stage; stage = stageAfter({ phase }, stage)) found.push(stage);
  return found;
}

describe('stages of a run', () => {
  it('are those of the decision record', () => {
    expect(Object.fromEntries(RUN_PHASES.map((phase) => [phase, stages(phase)]))).toEqual({
      prepare: ['prepare'],
      full: ['layout', 'sync'],
      incremental: ['sync'],
      rehearsal: ['rehearse'],
      cutover: ['freeze', 'sync', 'verify', 'convert', 'boot'],
      reversible: ['settle'],
      finalize: ['release'],
      rollback: ['reopen', 'release'],
    });
  });

  it('give the source back from every step of a cutover, and from none of a rollback', () => {
    expect(stages('cutover').filter((stage) => isGivenBackBy({ phase: 'cutover' }, stage))).toEqual(stages('cutover'));
    expect(isGivenBackBy({ phase: 'cutover' }, 'reopen')).toBe(false);
    expect(isGivenBackBy({ phase: 'rollback' }, 'reopen')).toBe(false);
  });
});
