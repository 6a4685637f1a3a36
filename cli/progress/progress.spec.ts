import { en } from '../messages/en';
import { sampleMigration } from '../testing/sample-migration';
import { progressOf } from './progress';

const at = (changes: Parameters<typeof sampleMigration>[0], bytesPerSecond = 0, objectsPerSecond = 0) =>
  progressOf({ migration: sampleMigration(changes), bytesPerSecond, objectsPerSecond }, en);

describe('progressOf', () => {
  it('shows share, speed and time left of a full copy', () => {
    const progress = at({}, 1_048_576, 10);
    expect(progress.title).toBe('full copy');
    expect(progress.fraction).toBeCloseTo(0.35);
    expect(progress.facts).toBe('700/2,000 objects  1.5 MiB  1 MiB/s  10 objects/s  2m 10s left');
  });

  it('tells no time left without a speed, and no share without a total', () => {
    expect(at({}).facts).not.toContain('left');
    expect(at({ expectedObjects: 0 }, 1_000, 10)).toMatchObject({ fraction: null, facts: expect.not.stringContaining('left') });
  });

  it('does not take the slow end of large objects for the speed of small ones', () => {
    expect(at({}, 1_048_576, 0.1).facts).toMatch(/ (\d+\.\d+s|[1-9]s) left$/);
  });

  it('never passes 100% when more was found than expected', () => {
    expect(at({ expectedObjects: 100 }).fraction).toBe(1);
  });

  it('says "1 object"', () => {
    const one = { ...sampleMigration().ledger, copiedObjects: 1, copiedBytes: 5 };
    expect(at({ ledger: one, expectedObjects: 1, expectedBytes: 5 }, 0, 1).facts).toBe('1/1 object  5 B  1 object/s');
  });

  it('names rounds and states', () => {
    expect(at({ phase: 'incremental', round: 2, status: 'waiting' }).title).toBe('incremental, round 2, waiting');
  });
});
