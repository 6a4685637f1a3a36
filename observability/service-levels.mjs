// What is promised, and the rules that watch over it: error budgets that burn too fast, over several windows at once, as in chapter 5 of Google's
// SRE workbook (https://sre.google/workbook/alerting-on-slos/). `tools/observability/generate.mjs` writes files/rules/service-levels.yaml from it.

const API = 'smartant_http_request_duration_seconds';
/** Streams last as long as somebody watches: how long they took says nothing. */
const ANSWERED = 'route!~".*/watch"';
const DUE = 'smartant_scheduling_delay_seconds';

/**
 * `bad` and `all`: events a second in a window; `objective`: the share that must be good within 30 days. Prometheus 3 writes a bucket of 5 as 5.0,
 * Prometheus 2 as the service does.
 */
export const serviceLevels = [
  {
    slo: 'api-availability',
    objective: 0.999,
    promise: 'Requests to the API are not answered with a failure of the server (5xx).',
    bad: (window) => `sum by (namespace) (rate(${API}_count{status=~"5.."}[${window}]))`,
    all: (window) => `sum by (namespace) (rate(${API}_count[${window}]))`,
  },
  {
    slo: 'api-latency',
    objective: 0.99,
    promise: 'Requests to the API are answered within half a second.',
    bad: (window) =>
      `(sum by (namespace) (rate(${API}_count{${ANSWERED}}[${window}])) - sum by (namespace) (rate(${API}_bucket{${ANSWERED},le=~"0[.]5"}[${window}])))`,
    all: (window) => `sum by (namespace) (rate(${API}_count{${ANSWERED}}[${window}]))`,
  },
  {
    slo: 'scheduling-delay',
    objective: 0.99,
    promise: 'A migration that is due is taken up within five seconds.',
    bad: (window) =>
      `(sum by (namespace) (rate(${DUE}_count[${window}])) - sum by (namespace) (rate(${DUE}_bucket{le=~"5([.]0)?"}[${window}])))`,
    all: (window) => `sum by (namespace) (rate(${DUE}_count[${window}]))`,
  },
];

export const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];

const burn = (window) => `smartant:slo_burn:rate${window}`;
/** The long window says that it matters, the short one that it still lasts. */
const burns = (factor, long, short) => `(${burn(long)} > ${factor} and ${burn(short)} > ${factor})`;

const alert = (name, expr, severity, summary) => ({
  alert: name,
  expr,
  labels: { severity },
  annotations: { summary, runbook_url: `docs/guides/runbooks.md#${name.toLowerCase()}` },
});

/** The groups of a Prometheus rules file. A burn of 1 uses up the budget in just 30 days. */
export const serviceLevelRules = () => ({
  groups: [
    {
      name: 'smartant.service-levels',
      rules: [
        ...serviceLevels.flatMap(({ slo, objective, bad, all }) =>
          WINDOWS.map((window) => ({
            record: burn(window),
            // Where nothing failed yet there is no series of failures.
            expr: `((${bad(window)} or ${all(window)} * 0) / ${all(window)}) / ${Number((1 - objective).toFixed(6))}`,
            labels: { slo },
          })),
        ),
        ...serviceLevels.map(({ slo, objective }) => ({
          record: 'smartant:slo_objective:ratio',
          expr: `vector(${objective})`,
          labels: { slo },
        })),
        alert(
          'SmartantErrorBudgetBurnsFast',
          `${burns(14.4, '1h', '5m')} or ${burns(6, '6h', '30m')}`,
          'critical',
          'The error budget of {{ $labels.slo }} burns {{ $value | humanize }} times as fast as it may: it is gone within days.',
        ),
        alert(
          'SmartantErrorBudgetBurnsSlowly',
          `${burns(3, '1d', '2h')} or ${burns(1, '3d', '6h')}`,
          'warning',
          'The error budget of {{ $labels.slo }} will not last for the month: it burns {{ $value | humanize }} times as fast as it may.',
        ),
      ],
    },
  ],
});
