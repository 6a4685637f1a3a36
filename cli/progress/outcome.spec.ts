import { EXIT } from '../exit-codes';
import { DIFFERENT, sampleMigration, VERIFIED } from '../testing/sample-migration';
import { outcomeOf } from './outcome';

const error = (retryable: boolean) => ({ code: 'X', message: 'm', hint: 'h', retryable });

describe('outcomeOf', () => {
  it.each([
    ['done and verified', sampleMigration({ phase: 'done', status: 'succeeded', verification: VERIFIED }), EXIT.ok],
    ['done but never verified', sampleMigration({ phase: 'done', status: 'succeeded' }), EXIT.differences],
    [
      'done with all differences waived',
      sampleMigration({ phase: 'done', status: 'succeeded', verification: { ...VERIFIED, differenceCount: 3, waivedCount: 3 } }),
      EXIT.ok,
    ],
    [
      'done with one not waived',
      sampleMigration({ phase: 'done', status: 'succeeded', verification: { ...VERIFIED, differenceCount: 3, waivedCount: 2 } }),
      EXIT.differences,
    ],
    [
      'equal by word, not by root',
      sampleMigration({ phase: 'done', status: 'succeeded', verification: { ...VERIFIED, targetRoot: 'ff' } }),
      EXIT.differences,
    ],
    [
      'a cutover that found differences',
      sampleMigration({ phase: 'cutover', status: 'failed', error: error(false), verification: DIFFERENT }),
      EXIT.differences,
    ],
    ['a failure', sampleMigration({ status: 'failed', error: error(false) }), EXIT.failed],
    ['a passing failure', sampleMigration({ status: 'failed', error: error(true) }), EXIT.retryable],
    ['cancelled', sampleMigration({ status: 'cancelled' }), EXIT.cancelled],
  ])('%s', (_, migration, exitCode) => {
    expect(outcomeOf(migration)).toEqual({ over: true, exitCode });
  });

  it('ends at a cutover that waits for its user, and passes through one that does not', () => {
    const waiting = sampleMigration({ phase: 'reversible', status: 'waiting', verification: VERIFIED });
    expect(outcomeOf(waiting)).toEqual({ over: false });
    const manual = { ...waiting, spec: { ...waiting.spec, cutover: { ...waiting.spec.cutover, finalize: 'manual' as const } } };
    expect(outcomeOf(manual)).toEqual({ over: true, exitCode: EXIT.ok });
  });

  it.each(['pending', 'running', 'paused'] as const)('goes on while %s', (status) => {
    expect(outcomeOf(sampleMigration({ status }))).toEqual({ over: false });
  });
});
