import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const WEB = join(__dirname, '..', 'web');
/** Names of formats and products, which are the same everywhere. */
const SAME_EVERYWHERE = /^(\W|\d|SmartAnt|PostgreSQL|S3|SSH|API|MySQL|Redis|TLS|[A-Z]{2,5})*$/;

const textFolders = readdirSync(WEB, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name === 'texts')
  .map((entry) => join(entry.parentPath, entry.name));

/** Dotted path of each text, with the text; that of a function is what it says of a mark. */
function flat(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String((value as (...marks: string[]) => string)('⟨1⟩', '⟨2⟩', '⟨3⟩'))]];
  return Object.entries(value as object).flatMap(([name, inner]) => flat(inner, path === '' ? name : `${path}.${name}`));
}

it('finds the texts of every feature that has a page', () => {
  const features = readdirSync(join(WEB, 'features'));
  const folders = textFolders.map((folder) => relative(WEB, folder));
  expect(folders).toEqual(expect.arrayContaining(features.map((name) => join('features', name, 'texts'))));
});

describe.each(textFolders.map((folder) => [relative(WEB, folder), folder]))('%s', (_name, folder) => {
  const load = (language: string) => Object.values(jest.requireActual<object>(join(folder, language)))[0] as object;
  const en = new Map(flat(load('en')));
  const zhCn = new Map(flat(load('zh-cn')));

  it('has each text in either language, and none empty', () => {
    expect([...zhCn.keys()].sort()).toEqual([...en.keys()].sort());
    for (const [key, text] of [...en, ...zhCn]) expect(`${key}: ${text.trim()}`).not.toBe(`${key}: `);
  });

  it('is translated, with all that texts are filled with', () => {
    for (const [key, text] of en) {
      const other = zhCn.get(key) ?? '';
      if (!SAME_EVERYWHERE.test(text)) expect(`${key}: ${other}`).toMatch(/[\u4e00-\u9fff]|⟨1⟩\/s/);
      const marks = (filled: string) => [...new Set(filled.match(/⟨\d⟩/g))].sort();
      expect({ key, marks: marks(other) }).toEqual({ key, marks: marks(text) });
    }
  });
});

it('has no sentence in a component: texts are in message files', () => {
  const components = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.tsx'));
  const found = components.flatMap((path) =>
    [...readFileSync(join(WEB, path), 'utf8').matchAll(/(?:>|(?:title|label|placeholder|aria-label)=")([A-Z][a-z]+ [a-z][^<{}"]*)/g)].map(
      ([, text]) => `${path}: ${text}`,
    ),
  );
  expect(found).toEqual([]);
});
