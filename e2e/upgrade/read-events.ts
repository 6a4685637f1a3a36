import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A fact as it is on the bus. */
export interface LoggedEvent {
  type: string;
  data: object;
}

const READER = `
const { eventsV1 } = require('node:module').createRequire(process.argv[1])('@smartant/contracts');
const readers = { migration: eventsV1.MigrationChanged, run: eventsV1.RunEnded };
const read = ({ type, data }) => {
  const reader = readers[type.split('.')[2]];
  return reader ? reader.toJSON(reader.fromJSON(data)) : null;
};
process.stdout.write(JSON.stringify(JSON.parse(require('node:fs').readFileSync(0, 'utf8')).map(read)));`;

/** What the contracts of the version in that folder make of facts about migrations and runs; null for other facts. */
export function readEvents(folder: string, events: LoggedEvent[]): (object | null)[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', READER, join(folder, 'package.json')], {
    input: JSON.stringify(events),
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`events cannot be read by ${folder}: ${stderr}`);
  return JSON.parse(stdout) as (object | null)[];
}
