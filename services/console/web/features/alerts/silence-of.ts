import type { Alert } from './queries';

/** Labels of these names are passed over by the notifier: it asks the alert itself. */
const BESIDE = ['alertname', 'severity', 'source'];

/** What holds this alert and no other: its name and labels, each of which may be taken out to hold more. */
export function matchersOf({ name, labels }: Pick<Alert, 'name' | 'labels'>): { label: string; operator: '='; value: string }[] {
  const own = Object.entries(labels).filter(([label]) => !BESIDE.includes(label));
  return [['alertname', name] as const, ...own].map(([label, value]) => ({ label, operator: '=', value }));
}
