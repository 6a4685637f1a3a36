import { appendFileSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LogQuery } from '../../application/ports/log-store';
import { FileLogStore } from './file-log-store';

const never = new AbortController().signal;
const START = Date.parse('2026-11-29T10:00:00.000Z');
const at = (seconds: number) => new Date(START + seconds * 1_000);

function line(seconds: number, fields: Record<string, unknown> = {}): string {
  const base = { level: 'info', time: at(seconds).toISOString(), service: 'scheduler', pid: 1, hostname: 'pod-1', msg: `line ${seconds}` };
  return `${JSON.stringify({ ...base, ...fields })}\n`;
}

describe('FileLogStore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'smartant-log-files-'));
  const store = new FileLogStore(folder);
  const search = async (query: Partial<LogQuery> = {}, limit = 100) => {
    const lines = await store.search({ terms: [], since: at(-3_600), until: at(3_600), ...query }, limit, never);
    return lines.map(({ message }) => message);
  };

  beforeAll(() => {
    const ofScheduler = join(folder, 'scheduler.log');
    writeFileSync(join(folder, '20261129-1005-01-scheduler.log.gz'), gzipSync([1, 2, 3].map((second) => line(second)).join('')));
    writeFileSync(ofScheduler, line(10, { migrationId: 'mig_1', trace_id: 'f'.repeat(32) }) + line(12, { level: 'error', msg: 'Lease LOST: "späte" Zeile' }));
    appendFileSync(ofScheduler, `no JSON\n{"level":"info"}\n${line(14)}`);
    const service = 'storage-migrator';
    writeFileSync(join(folder, `${service}.log`), line(11, { service, 'smartant.migration': 'mig_1', msg: 'object differs' }) + line(13, { service }));
    // As the supervisor keeps standard output: once more what is in the file of the service, or all that there is.
    writeFileSync(join(folder, `${service}.console.log`), line(13, { service }));
    writeFileSync(join(folder, 'notifier.console.log'), line(9, { service: 'notifier' }));
    writeFileSync(join(folder, 'postgres.txt'), 'of no interest');
    // Longer than a block that is read at once.
    appendFileSync(ofScheduler, line(15, { pad: 'x'.repeat(200_000) }));
  });

  it('gives the newest first, over services and files', async () => {
    expect(await search()).toEqual(['line 15', 'line 14', 'line 13', 'Lease LOST: "späte" Zeile', 'object differs', 'line 10', 'line 9', 'line 3', 'line 2', 'line 1']);
    expect(await search({}, 3)).toEqual(['line 15', 'line 14', 'line 13']);
    expect(await search({ until: at(3) }, 2)).toEqual(['line 3', 'line 2']);
    expect(await search({ since: at(12), until: at(13) })).toEqual(['line 13', 'Lease LOST: "späte" Zeile']);
  });

  it('looks for words in any case, also such as JSON writes otherwise', async () => {
    expect(await search({ terms: ['lease', 'lost'] })).toEqual(['Lease LOST: "späte" Zeile']);
    expect(await search({ terms: ['"späte" zeile'] })).toEqual(['Lease LOST: "späte" Zeile']);
    expect(await search({ terms: ['lease', 'found'] })).toEqual([]);
  });

  it('narrows to a level, a service, a migration, a trace, a host', async () => {
    expect(await search({ level: 'warn' })).toEqual(['Lease LOST: "späte" Zeile']);
    expect(await search({ service: 'storage-migrator' })).toEqual(['line 13', 'object differs']);
    expect(await search({ migrationId: 'mig_1' })).toEqual(['object differs', 'line 10']);
    expect(await search({ migrationId: 'mig_' })).toEqual([]);
    expect(await search({ traceId: 'f'.repeat(32) })).toEqual(['line 10']);
    expect(await search({ host: 'pod-2' })).toEqual([]);
  });

  it('does not open what was rotated away before', async () => {
    const old = join(folder, '20261101-0000-01-scheduler.log.gz');
    writeFileSync(old, 'not even gzip');
    utimesSync(old, at(-90_000), at(-90_000));
    expect(await search({ until: at(2) })).toEqual(['line 2', 'line 1']);
    // Nor does a broken one end the search.
    expect(await search({ since: new Date(0), until: at(2) })).toEqual(['line 2', 'line 1']);
  });
});
