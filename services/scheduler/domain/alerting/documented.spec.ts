import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERT_RULES, type ListedRule } from './rules';

const GUIDE = join(__dirname, '../../../../docs/guides/alerts.md');

/** A row of the guide's table, with its cells. */
const rows = readFileSync(GUIDE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );

function rowOf({ name, severity, forSeconds, thresholds }: ListedRule): string[] {
  const figures = Object.entries(thresholds).map(([threshold, { usual }]) => `${threshold} ${usual}`);
  return [`\`${name}\``, severity, String(forSeconds), figures.join(', ')];
}

it('the guide tells every rule as it is', () => {
  const documented = rows.map(([name, severity, seconds, figures]) => [name, severity, seconds, figures?.replaceAll('`', '')]);
  expect(documented).toEqual(ALERT_RULES.map(rowOf));
});

it('names are kebab-case, and there is each once', () => {
  const names = ALERT_RULES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
});

it('what is usual can be set', () => {
  for (const { thresholds } of ALERT_RULES)
    for (const { usual, minimum, maximum } of Object.values(thresholds)) {
      expect(usual).toBeGreaterThanOrEqual(minimum);
      expect(usual).toBeLessThanOrEqual(maximum);
    }
});
