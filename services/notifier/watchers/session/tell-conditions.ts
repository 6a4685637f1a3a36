import { counter } from '@smartant/platform/metrics';
import { inSpan } from '@smartant/platform/telemetry';
import type { AlertIntake } from '../../application/ports/alert-intake';
import type { ConditionStore } from './condition-store';

const reported = counter(
  'smartant_notifier_watch_reports_total',
  'Reports that the watchers of Kubernetes brought to the intake, by what they say',
  ['state'],
);

const BATCH = 200;

/**
 * Brings what the intake does not know yet, and again what lasts. Whoever dies between the intake and the note of it brings the same once more, which
 * changes nothing there.
 */
export async function tellConditions(store: ConditionStore, intake: AlertIntake, repeatSeconds: number): Promise<void> {
  for (;;) {
    const due = await store.due(repeatSeconds, BATCH);
    if (due.length === 0) return;
    await inSpan('tell conditions of kubernetes', { reports: due.length }, async () => {
      await intake.report(due.map(({ report }) => report));
      await store.told(due);
    });
    for (const { report } of due) reported.inc({ state: report.endsAt ? 'over' : 'fires' });
    if (due.length < BATCH) return;
  }
}
