// What dashboards are made of: each file beside this one says which queries it shows, and no more. Schema of Grafana 10 and later:
// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const COLUMNS = 24;
const HEIGHT = 8;

/** `queries`: pairs of PromQL and legend. */
const targets = (queries, exemplar) =>
  queries.map(([expr, legendFormat], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: DATASOURCE,
    expr,
    legendFormat,
    ...(exemplar ? { exemplar: true } : {}),
  }));

/** Units as Grafana names them: s, ms, Bps, bytes, reqps, percentunit, short. `exemplars`: points that lead to traces, for queries of buckets. */
export const lines = (title, unit, queries, { description = '', stack = false, exemplars = false, width = 8 } = {}) => ({
  type: 'timeseries',
  title,
  description,
  width,
  datasource: DATASOURCE,
  targets: targets(queries, exemplars),
  fieldConfig: {
    defaults: { unit, min: 0, custom: { fillOpacity: stack ? 30 : 5, showPoints: 'never', stacking: { mode: stack ? 'normal' : 'none' } } },
    overrides: [],
  },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
});

/** One number. `steps`: from which value on it is yellow and red. */
export const number = (title, unit, expr, { description = '', steps = [], width = 4 } = {}) => ({
  type: 'stat',
  title,
  description,
  width,
  datasource: DATASOURCE,
  targets: targets([[expr, '']]),
  fieldConfig: {
    defaults: {
      unit,
      thresholds: {
        mode: 'absolute',
        steps: [{ color: 'green', value: null }, ...steps.map((value, index) => ({ color: ['yellow', 'red'][index], value }))],
      },
    },
    overrides: [],
  },
  options: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'area' },
});

/** The present values, one row a series. */
export const table = (title, expr, { description = '', width = 24 } = {}) => ({
  type: 'table',
  title,
  description,
  width,
  datasource: DATASOURCE,
  targets: [{ ...targets([[expr, '']])[0], instant: true, format: 'table' }],
  fieldConfig: { defaults: {}, overrides: [] },
  transformations: [{ id: 'organize', options: { excludeByName: { Time: true, __name__: true, Value: true } } }],
});

/** A heading and the panels below it. */
export const row = (title, ...panels) => ({ title, panels });

/** `label`: whose values there are to choose from, of the series that `metric` selects. All of them at first. */
export const variable = (name, metric, label = name) => ({
  name,
  type: 'query',
  datasource: DATASOURCE,
  query: { query: `label_values(${metric}, ${label})`, refId: name },
  definition: `label_values(${metric}, ${label})`,
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  // Where services are scraped outside a cluster they have no namespace.
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
});

export const NAMESPACE = variable('namespace', 'smartant_event_loop_active_seconds_total');

/** 95 of 100 were faster, by the labels of `by`. */
export const p95 = (buckets, by) => `histogram_quantile(0.95, sum by (${['le', ...by].join(', ')}) (rate(${buckets}[$__rate_interval])))`;
export const perSecond = (counter, by) => `sum by (${by.join(', ')}) (rate(${counter}[$__rate_interval]))`;

export function dashboard({ uid, title, description, variables = [NAMESPACE], rows }) {
  let nextId = 1;
  let y = 0;
  const panels = [];
  for (const { title: heading, panels: inRow } of rows) {
    panels.push({ id: nextId++, type: 'row', title: heading, collapsed: false, gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 }, panels: [] });
    let x = 0;
    for (const { width, ...panel } of inRow) {
      if (x + width > COLUMNS) [x, y] = [0, y + HEIGHT];
      panels.push({ id: nextId++, ...panel, gridPos: { x, y, w: width, h: HEIGHT } });
      x += width;
    }
    y += HEIGHT;
  }
  return {
    uid: `smartant-${uid}`,
    title: `SmartAnt / ${title}`,
    description,
    tags: ['smartant'],
    editable: false,
    schemaVersion: 39,
    time: { from: 'now-3h', to: 'now' },
    refresh: '30s',
    timezone: 'browser',
    links: [{ type: 'dashboards', tags: ['smartant'], title: 'SmartAnt', asDropdown: true, includeVars: true, keepTime: true }],
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus', current: {} }, ...variables],
    },
    panels,
  };
}
