import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const text = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8');

it('names only tests and files that there are', () => {
  const paths = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|sh))`/g)].map((match) => match[1] ?? '');
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('has a row for each of the ten risks of the API Security Top 10', () => {
  for (let risk = 1; risk <= 10; risk += 1) expect(text).toMatch(new RegExp(`^\\| API${risk} `, 'm'));
});
