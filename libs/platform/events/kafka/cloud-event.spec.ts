import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventsV1 } from '@smartant/contracts';
import { fromCloudEvent } from './cloud-event';

/** Events as other versions wrote them. These files are never changed: what was once written must stay readable. */
const encoded = (name: string) => readFileSync(join(__dirname, '..', 'fixtures', 'encoded', `${name}.json`), 'utf8');
const read = (name: string) => fromCloudEvent('smartant.runs.v1', encoded(name), {});

describe('events of other versions', () => {
  it('are read when they lack what was added since', () => {
    const event = read('first-version');
    expect(event).toMatchObject({ id: 'evt_01990000-0000-7000-8000-000000000001', key: 'mig_1', workspaceId: 'ws_1' });
    expect(event).not.toHaveProperty('version');
    expect(eventsV1.RunEnded.fromJSON(event.data)).toMatchObject({ runId: 'run_1', migrationId: 'mig_1', epoch: 0, status: 0 });
  });

  it('are read when they have more than we know: attributes and fields', () => {
    const event = read('newer-version');
    expect(event).toMatchObject({ type: 'io.smartant.run.finished.v1', version: 7 });
    expect(eventsV1.RunEnded.fromJSON(event.data)).toMatchObject({ runId: 'run_1', migrationId: 'mig_1', epoch: 3 });
  });

  it('are read when their type is unknown', () => {
    expect(read('unknown-type')).toMatchObject({ type: 'io.smartant.run.teleported.v1', data: { where: 'mars' } });
  });

  it('are refused when their envelope is of another major version, or none', () => {
    const other = JSON.stringify({ ...JSON.parse(encoded('first-version')), specversion: '2.0' });
    expect(() => fromCloudEvent('t', other, {})).toThrow(expect.objectContaining({ code: 'EVENT_MALFORMED' }));
    expect(() => fromCloudEvent('t', 'null', {})).toThrow(expect.objectContaining({ code: 'EVENT_MALFORMED' }));
  });
});
