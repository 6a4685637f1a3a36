// docs/metrics.md, from the calls of `counter`, `gauge` and `histogram` in the code: names, kinds, labels, help, and who serves them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A string with its quotes, then perhaps a list of labels. `new Counter({ name, help })` of the library itself has no labels. */
const CALL =
  /\b(counter|gauge|histogram|Counter)\(\s*(?:\{\s*name:\s*)?'(smartant_[a-z0-9_]+)',\s*(?:help:\s*)?('(?:[^'\\]|\\.)+'|"(?:[^"\\]|\\.)+")(?:,\s*\[([^\]]*)\])?/g;
const IGNORED = /\/(dist|node_modules|generated|testkit|fixtures)\/|\.(spec|contract)\.ts$/;

/** By name. `where`: the file, from the root. */
export function findMetrics(root) {
  const metrics = new Map();
  for (const folder of ['libs', 'services'])
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !path.endsWith('.ts') || IGNORED.test(path.split(sep).join('/'))) continue;
      for (const [, kind, name, help, labels = ''] of readFileSync(path, 'utf8').matchAll(CALL))
        metrics.set(name, {
          kind: kind.toLowerCase(),
          labels: [...labels.matchAll(/'([^']+)'/g)].map(([, label]) => label),
          help: help.slice(1, -1).replaceAll("\\'", "'"),
          where: relative(root, path).split(sep).join('/'),
        });
    }
  return new Map([...metrics].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What serves it: a service of that name, or all that use the library. */
const servedBy = (where) => (where.startsWith('services/') ? where.split('/')[1] : where.startsWith('libs/runs/') ? 'migrators' : 'all');

export function describeMetrics(root) {
  const rows = [...findMetrics(root)].map(
    ([name, { kind, labels, help, where }]) =>
      `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${servedBy(where)} | ${help} |`,
  );
  return [
    '# Metrics',
    '',
    '<!-- Generated from the code by tools/docs/generate.mjs. -->',
    '',
    "Every process serves these at `/metrics` of its admin port, beside Node's own (`process_*`, `nodejs_*`): [how to scrape them](guides/monitoring.md). Histograms have",
    'exemplars that lead to traces, for a scraper that accepts OpenMetrics. Names end in their unit. What Prometheus adds (`namespace`, `app`, `instance`) is not listed.',
    '',
    'Labels have few values, known beforehand: none is the name of an object, table, host or user. `migration` is of a stream of changes that the process holds, of the hundred that are',
    'behind the most; `route` is the template of a route. [A test](../e2e/observability/metrics.e2e.ts) of the running platform holds names and values to their bounds.',
    '',
    '| metric | kind | labels | served by | what it says |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
