import { cliCommandOf } from './cli-command';
import type { Plan } from './plan';

const plan = (spec: Plan['spec'], name = ''): Plan => ({ name, source: 'old', target: 'new', spec });

it('is short where all is as by default', () => {
  expect(cliCommandOf(plan({ kind: 'storage' }))).toEqual({ text: 'smartant migrate old new', missing: [] });
});

it('quotes what a shell would read otherwise', () => {
  const { text } = cliCommandOf(plan({ kind: 'storage', storage: { include: ["it's/**", 'a.txt'], minSizeBytes: 2_048 } }, 'two words'));
  expect(text.split(' \\\n  ')).toEqual([
    'smartant migrate old new',
    "--name 'two words'",
    "--include 'it'\\''s/**'",
    '--include a.txt',
    '--min-size 2048B',
  ]);
});

it('says limits, windows, priority and cutover as the command reads them', () => {
  const { text, missing } = cliCommandOf(
    plan({
      kind: 'database',
      database: { includeSchemas: ['app'], mode: 'snapshot', verify: 'counts', roles: true, largeObjects: false, targetPolicy: 'append' },
      limits: {
        bytesPerSecond: 1_048_576,
        concurrency: 4,
        calendar: { timeZone: 'Asia/Shanghai', windows: [{ days: ['mon', 'tue'], from: '22:00', to: '06:00' }], outside: 'stop' },
      },
      priority: 7,
      cutover: { mode: 'automatic', finalize: 'automatic', sourceFrozen: true },
    }),
  );
  expect(missing).toEqual([]);
  expect(text.split(' \\\n  ').slice(1)).toEqual([
    '--schema app',
    '--snapshot-only',
    '--verify counts',
    '--with-roles',
    '--no-large-objects',
    '--if-exists append',
    '--bwlimit 1048576B',
    '--transfers 4',
    "--window 'mon,tue 22:00-06:00'",
    '--time-zone Asia/Shanghai',
    '--priority 7',
    '--auto-cutover',
    '--auto-finalize',
    '--frozen',
  ]);
});

it('names what the command has no option for', () => {
  const storage = cliCommandOf(plan({ kind: 'storage', storage: { filesFrom: ['a'] } }));
  expect(storage.missing).toEqual(['storage.filesFrom']);
  const database = cliCommandOf(plan({ kind: 'database', database: { tableJobs: 2, indexJobs: 3 } }));
  expect(database.missing).toEqual(['database.tableJobs', 'database.indexJobs']);
  const probe = { kind: 'http', port: 80, path: '/?user=me@here' } as const;
  const host = cliCommandOf(plan({ kind: 'host', host: { probes: [probe], actions: [{ name: 'warm', script: 'echo' }] } }));
  expect(host.missing).toEqual(['host.probes', 'host.actions']);
});
