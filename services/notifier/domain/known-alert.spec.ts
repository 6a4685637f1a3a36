import type { AlertReport } from './alert';
import { afterReport, firstKnown, type AlertChange } from './known-alert';

const T = (minute: number) => new Date(Date.UTC(2026, 10, 29, 10, minute));
const report = (startsAt: number, endsAt: number | null, change: Partial<AlertReport> = {}): AlertReport => ({
  workspaceId: 'ws',
  name: 'a',
  severity: 'warning',
  labels: {},
  annotations: {},
  source: 'scheduler',
  migrationId: '',
  traceId: '',
  spanId: '',
  ...change,
  startsAt: T(startsAt),
  endsAt: endsAt === null ? null : T(endsAt),
});

/** What each report changes, one after the other. */
function changes(first: AlertReport, ...reports: AlertReport[]): AlertChange[] {
  let known = firstKnown('alr', first);
  return reports.map((each) => {
    const { alert, change } = afterReport(known, each);
    known = alert;
    return change;
  });
}

describe('what a report makes of an alert', () => {
  it('is nothing when it comes again, or late', () => {
    expect(changes(report(1, null), report(1, null), report(1, 5), report(1, 5), report(1, null), report(0, null))).toEqual([
      'none',
      'resolved',
      'none',
      'none',
      'none',
    ]);
    expect(changes(report(10, null), report(1, 5), report(1, null))).toEqual(['none', 'none']);
  });

  it('is a new firing when it began after the last one ended', () => {
    expect(changes(report(1, 5), report(6, null), report(6, 8), report(9, null))).toEqual(['fired', 'resolved', 'fired']);
    expect(changes(report(1, 5), report(6, 8), report(6, null))).toEqual(['facts', 'none']);
  });

  it('is a beginning that stays when a source forgot its own', () => {
    expect(afterReport(firstKnown('alr', report(1, null)), report(3, null)).alert.startsAt).toEqual(T(1));
  });

  it('is the firing that goes on when a source speaks again that was taken for silent', () => {
    const expired = { ...firstKnown('alr', report(1, 9)), isExpired: true };
    expect(afterReport(expired, report(1, null))).toMatchObject({
      change: 'fired',
      alert: { status: 'firing', isExpired: false, endsAt: null },
    });
    expect(afterReport(expired, report(5, null)).change).toBe('fired');
    expect(afterReport(expired, report(0, null)).change).toBe('none');
    expect(afterReport(expired, report(1, 4))).toMatchObject({
      change: 'facts',
      alert: { status: 'resolved', isExpired: false, endsAt: T(4) },
    });
    expect(afterReport(expired, report(10, null)).change).toBe('fired');
  });

  it('changes severity and texts, and ends what was acknowledged with its firing', () => {
    expect(
      changes(
        report(1, null),
        report(1, null, { severity: 'critical' }),
        report(1, null, { severity: 'critical', annotations: { a: '1' } }),
      ),
    ).toEqual(['severity', 'facts']);
    const acknowledged = { ...firstKnown('alr', report(1, 5)), acknowledgedAt: T(2), acknowledgedBy: 'ann' };
    expect(afterReport(acknowledged, report(6, null)).alert).toMatchObject({ acknowledgedAt: null, acknowledgedBy: '' });
  });
});
