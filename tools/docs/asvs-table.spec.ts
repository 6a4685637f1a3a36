import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, 'docs', ...path), 'utf8');
const text = read('security', 'asvs-5.md');

/** Of ASVS 5.0.0: https://github.com/OWASP/ASVS/tree/v5.0.0_release/5.0 */
const REQUIREMENTS = { '1': 70, '2': 183 } as const;
const STATUSES = ['met', 'not met', 'not applicable', 'console'];
/** Met by what a document says, or by the language: nothing to run. */
const WITHOUT_FILES = ['V1.4.1', 'V14.1.1', 'V14.1.2', 'V16.1.1'];

const rows = [...text.matchAll(/^\| (V[\d.]+) +\| (\d) +\| (.*?) \| (.*?) +\| (.*?) \| (.*?) \|$/gm)].map(
  ([, id = '', level = '', requirement = '', status = '', note = '', files = '']) => ({
    id,
    level,
    requirement: requirement.trim(),
    status,
    note: note.trim(),
    files: [...files.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  }),
);

/** `| met | 59 | 119 | 178 |` of either document. */
const counted = (document: string, status: string) =>
  new RegExp(`^\\| ${status} +\\| (\\d+) +\\| (\\d+) +\\| (\\d+) +\\|$`, 'm').exec(document)?.slice(1).map(Number);

it('has one row for each requirement of levels 1 and 2', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  for (const [level, wanted] of Object.entries(REQUIREMENTS)) expect(rows.filter((row) => row.level === level)).toHaveLength(wanted);
});

it('says of each how it stands, and of what is not met or not applicable why', () => {
  expect(rows.filter(({ status, requirement }) => !STATUSES.includes(status) || requirement === '')).toEqual([]);
  expect(rows.filter(({ status, note }) => (status === 'not met' || status === 'not applicable') && note === '')).toEqual([]);
});

it('names for each that is met what holds it, and only files that there are', () => {
  const unheld = rows.filter(({ status, files, id }) => status === 'met' && files.length === 0 && !WITHOUT_FILES.includes(id));
  expect(unheld.map(({ id }) => id)).toEqual([]);
  const absent = rows.flatMap(({ id, files }) => files.filter((file) => !existsSync(join(ROOT, file))).map((file) => `${id}: ${file}`));
  expect(absent).toEqual([]);
});

it('counts right, there and in the summary', () => {
  for (const status of STATUSES) {
    const of = (level: string) => rows.filter((row) => row.status === status && row.level === level).length;
    const wanted = [of('1'), of('2'), of('1') + of('2')];
    for (const document of [text, read('security.md')]) expect([status, counted(document, status)]).toEqual([status, wanted]);
  }
});
