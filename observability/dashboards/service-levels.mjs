import { WINDOWS } from '../service-levels.mjs';
import { dashboard, lines, number, row } from './panels.mjs';

const NS = 'namespace=~"$namespace"';
const level = (slo, title) =>
  row(
    title,
    number('Objective', 'percentunit', `smartant:slo_objective:ratio{slo="${slo}"}`, { width: 4 }),
    number('Error budget left of 30 days', 'percentunit', `1 - avg(avg_over_time(smartant:slo_burn:rate1h{${NS}, slo="${slo}"}[30d]))`, {
      width: 4,
      description: 'By the average of each hour, so that an hour with few requests weighs as much as one with many.',
    }),
    lines(
      'How fast the budget burns',
      'short',
      WINDOWS.map((window) => [`max(smartant:slo_burn:rate${window}{${NS}, slo="${slo}"})`, window]),
      { width: 16, description: '1 uses up the budget in just 30 days. Alerts: 14.4 over 1 h, 6 over 6 h, 3 over 1 d, 1 over 3 d.' },
    ),
  );

export default dashboard({
  uid: 'service-levels',
  title: 'Service levels',
  description: 'What is promised, and how much of it has been used up. docs/guides/monitoring.md says how it is counted.',
  rows: [
    level('api-availability', 'The API answers (99.9% without 5xx)'),
    level('api-latency', 'The API answers quickly (99% within half a second)'),
    level('scheduling-delay', 'What is due is taken up (99% within five seconds)'),
  ],
});
