// Compares both databases as a cutover does, as a process of its own: `node verify.mjs SOURCE TARGET JOBS`. Fails when they differ.
import { createRequire } from 'node:module';
import { jobOf, openJob } from './engine-job.mjs';

const require = createRequire(import.meta.url);
const { verifyAll } = require('../../../services/db-migrator/dist/connectors/postgres/stages/verify-all.js');
const { readScope } = require('../../../services/db-migrator/dist/connectors/postgres/stages/open-job.js');

const [sourceUrl, targetUrl, jobs] = process.argv.slice(2);
const open = openJob(jobOf({ sourceUrl, targetUrl, jobs: Number(jobs) }));
const signal = new AbortController().signal;
const at = performance.now();
const { catalog, tables } = await readScope(open, signal);
const { equal, sourceRows, differences } = await verifyAll(
  open,
  { tables, sequences: catalog.sequences, frozenPosition: '0/0' },
  null,
  signal,
);
console.log(JSON.stringify({ seconds: Math.round(performance.now() - at) / 1000, rows: sourceRows }));
if (!equal) console.error(differences);
process.exit(equal ? 0 : 1);
