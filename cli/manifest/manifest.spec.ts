import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifests } from './manifest';

const manifest = (spec: string) => `apiVersion: smartant.io/v1\nkind: Migration\nmetadata: { name: photos }\nspec:\n${spec}`;
const ENDS = '  source: a\n  target: b\n';
const fieldsOf = (text: string) => {
  try {
    readManifests(text);
    return [];
  } catch (error) {
    return (error as { fields: { field: string }[] }).fields.map(({ field }) => field);
  }
};

describe('readManifests', () => {
  it('reads the example of the guide', () => {
    const guide = readFileSync(join(__dirname, '../../docs/guides/manifests.md'), 'utf8');
    const [read] = readManifests(/```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? '');
    expect(read?.spec).toMatchObject({
      storage: { minSize: 1_024, partSize: 16 * 1024 ** 2 },
      limits: { bandwidth: 10 * 1024 ** 2 },
      incrementalInterval: 60,
    });
  });

  it('reads the database of the guide', () => {
    const guide = readFileSync(join(__dirname, '../../docs/guides/manifests.md'), 'utf8');
    const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
    const database = { includeSchemas: ['app', 'billing'], mode: 'live', maxRetainedWalBytes: 20 * 1024 ** 3, reverse: true };
    expect(readManifests(examples[1] ?? '')[0]?.spec.database).toMatchObject(database);
  });

  it('names what is wrong in a database', () => {
    const text = manifest(`${ENDS}  database: { mode: maybe, rows: [{ table: a.b }], maxRetainedWal: much, colour: red }\n`);
    expect(fieldsOf(text).sort()).toEqual(['colour', 'maxRetainedWal', 'mode', 'rows.0.where'].map((field) => `spec.database.${field}`));
  });

  it('reads several documents', () => {
    expect(readManifests(`${manifest(ENDS)}---\n${manifest(ENDS)}---\n`)).toHaveLength(2);
  });

  it('takes plain numbers as bytes', () => {
    expect(readManifests(manifest(`${ENDS}  storage: { minSize: 100 }\n`))[0]?.spec.storage.minSize).toBe(100);
  });

  it('lists every mistake with its path', () => {
    const text = manifest('  source: a\n  secret: x\n  storage: { verify: maybe, minSize: huge, colour: red, maxDeletes: -1 }\n');
    expect(fieldsOf(text).sort()).toEqual([
      'spec.secret',
      'spec.storage.colour',
      'spec.storage.maxDeletes',
      'spec.storage.minSize',
      'spec.storage.verify',
      'spec.target',
    ]);
  });

  it.each([
    ['nothing', '', ['']],
    ['broken YAML', 'a: [', ['']],
    ['a repeated key', `${manifest(ENDS)}  source: c\n`, ['']],
    ['a list', '- 1', ['']],
    ['another kind', manifest(ENDS).replace('Migration', 'Plan'), ['kind']],
    ['aliases', manifest(`${ENDS}  storage: { include: &a [x], exclude: *a }\n`), ['']],
  ])('refuses %s', (_, text, fields) => {
    expect([...new Set(fieldsOf(text))]).toEqual(fields);
  });
});
