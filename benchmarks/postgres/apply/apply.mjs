// Applies a backlog by itself, and prints what it took.
import apply from '../../../services/db-migrator/dist/connectors/postgres/apply/stream-changes.js';
import { endpointOf } from './endpoint.mjs';

const { sourceUrl, targetUrl, slot, untilLsn, appliers } = JSON.parse(process.argv[2]);
const [source, target] = [endpointOf(sourceUrl), endpointOf(targetUrl)];
const startedMs = performance.now();
const before = process.cpuUsage();
await apply.streamChanges({
  source,
  target,
  slot,
  publications: ['bench'],
  migrationId: 'mig_00000000000000000000000000000001',
  epoch: 1,
  targetName: (name) => name,
  untilLsn,
  appliers,
  signal: new AbortController().signal,
});
const seconds = (performance.now() - startedMs) / 1000;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, mostMiB: process.resourceUsage().maxRSS / 1024 }));
source.close();
target.close();
