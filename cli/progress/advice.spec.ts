import type { Migration } from '../api/api';
import { en } from '../messages/en';
import { zh } from '../messages/zh';
import { migrationColumns, nextSteps } from '../output/migration-view';
import { sampleMigration } from '../testing/sample-migration';
import { Advice } from './advice';

const error = { code: 'STORAGE_FULL', message: 'The target has no room left.', hint: 'Make room.', retryable: true };
const at = (minute: number): string => `2001-11-27T14:0${minute}:00.000Z`;
const running = sampleMigration({ phase: 'cutover', status: 'running' });
const lateWrites: Migration = { ...running, waitingFor: { reason: 'late-writes', until: at(2), error: null } };
const attempt = (minute: number): Migration => ({ ...running, waitingFor: { reason: 'next-attempt', until: at(minute), error } });
const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
const soon: Migration = { ...running, waitingFor: { reason: 'next-attempt', until: inAnHour, error } };
const stuck: Migration = { ...running, stuck: { effect: 'get-run', since: at(1), error } };
const betweenRounds = sampleMigration({
  phase: 'incremental',
  status: 'waiting',
  waitingFor: { reason: 'cutover', until: at(3), error: null },
});
const between: Migration = {
  ...betweenRounds,
  spec: { ...betweenRounds.spec, cutover: { ...betweenRounds.spec.cutover, mode: 'manual' } },
};

function said(...migrations: Migration[]): string[] {
  const lines: string[] = [];
  const advice = new Advice(en, (line) => lines.push(line));
  for (const migration of migrations) advice.update(migration);
  return lines;
}

describe('what a migration waits for', () => {
  it.each([
    ['late writes', lateWrites, /A worker was lost\..*until 2001-11-2\d/, /有工作进程中断.*2001-11-2\d/],
    ['an attempt', attempt(2), /again since 2001-11-2.*STORAGE_FULL: .* Make room\./, /自 2001-11-2.*正在重试，原因：STORAGE_FULL/],
    ['the next attempt', soon, /again at 2\d{3}-.*STORAGE_FULL: .* Make room\./, /将于 2.*重试，原因：STORAGE_FULL/],
    ['an effect that does not go through', stuck, /since 2001-11-2.*STORAGE_FULL/, /自 2001-11-2.*STORAGE_FULL/],
  ])('is told in both languages: %s', (_, migration, english, chinese) => {
    expect(nextSteps(migration, en).join()).toMatch(english);
    expect(nextSteps(migration, zh).join()).toMatch(chinese);
  });

  it('is named in lists beside the status', () => {
    const status = (migration: Migration) =>
      migrationColumns(en, Date.now())
        .find(({ heading }) => heading === en.columns.status)
        ?.value(migration);
    expect([running, lateWrites, attempt(1), stuck, betweenRounds].map(status)).toEqual([
      'running',
      'running (late writes)',
      'running (trying again)',
      'running (stuck)',
      'waiting',
    ]);
  });

  it('is said once, also when it comes back with each attempt or round', () => {
    expect(said(lateWrites, lateWrites)).toHaveLength(1);
    expect(said(attempt(1), attempt(1), running, attempt(2), running, attempt(4))).toHaveLength(1);
    expect(said(between, { ...between, status: 'running', waitingFor: null }, between)).toHaveLength(1);
    expect(said(stuck, stuck)).toHaveLength(1);
  });

  it('is said again when it is another one, and when a user brings it about again', () => {
    const otherwise: Migration = {
      ...attempt(3),
      waitingFor: { reason: 'next-attempt', until: at(3), error: { ...error, code: 'OTHER' } },
    };
    expect(said(attempt(1), otherwise, running, lateWrites)).toHaveLength(3);
    const paused = sampleMigration({ phase: 'full', status: 'paused' });
    expect(said(paused, { ...paused, status: 'running' }, paused)).toHaveLength(2);
  });
});
