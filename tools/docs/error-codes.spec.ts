import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SOURCE_FOLDERS = ['libs', 'services', 'cli', 'tools'];
const CODE = /\b(?:new SmartantError|new StartError|fail)\(\s*'([A-Z][A-Z0-9_]{3,})'/g;
const QUOTED_CODE = /'([A-Z][A-Z0-9_]{3,})'/g;

function sourceFiles(): string[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name) && !/\.(spec|long|contract)\.ts$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/\/(dist|node_modules|generated|testkit|connector-testkit|test-servers)\//.test(path)),
  );
}

function documentedCodes(): Map<string, string> {
  const folder = join(ROOT, 'docs', 'errors');
  const codes = new Map<string, string>();
  for (const name of readdirSync(folder).filter((file) => file !== 'README.md')) {
    for (const match of readFileSync(join(folder, name), 'utf8').matchAll(/^\|\s*`?([A-Z][A-Z0-9_]+)`?\s*\|([^|]*)\|([^|]*)\|/gm)) {
      codes.set(match[1]!, `${match[2]!.trim()}|${match[3]!.trim()}`);
    }
  }
  return codes;
}

describe('error codes', () => {
  const texts = sourceFiles().map((path) => readFileSync(path, 'utf8'));
  const documented = documentedCodes();

  it('documents every code that is raised', () => {
    const raised = new Set(texts.flatMap((text) => [...text.matchAll(CODE)].map((match) => match[1]!)));
    expect([...raised].filter((code) => !documented.has(code)).sort()).toEqual([]);
  });

  it('raises every code that is documented', () => {
    const named = new Set(texts.flatMap((text) => [...text.matchAll(QUOTED_CODE)].map((match) => match[1]!)));
    expect([...documented.keys()].filter((code) => !named.has(code)).sort()).toEqual([]);
  });

  it('gives each code a cause and a remedy', () => {
    const incomplete = [...documented].filter(([, text]) => text.split('|').some((part) => part.length < 5)).map(([code]) => code);
    expect(incomplete).toEqual([]);
  });
});
