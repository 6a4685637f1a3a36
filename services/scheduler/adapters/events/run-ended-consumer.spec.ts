import { newEvent, type EventHandler, type SubscribeOptions } from '@smartant/platform/events';
import { consumeRunEnded, RUN_EVENTS } from './run-ended-consumer';

describe('consumeRunEnded', () => {
  const due: unknown[][] = [];
  let woken = 0;
  let handle: EventHandler;

  beforeAll(async () => {
    const bus = {
      subscribe: async (options: SubscribeOptions) => {
        handle = options.handler;
        return { close: async () => undefined };
      },
    };
    const migrations = { makeDue: async (...given: unknown[]) => void due.push(given) };
    await consumeRunEnded(bus as never, { direct: { migrations } } as never, () => (woken += 1));
  });

  const event = (type: string, data: object) => newEvent({ type, topic: RUN_EVENTS.topic, key: 'mig_1', workspaceId: 'ws_1', data });

  it('takes what a newer migrator says, with fields and values that are unknown here', async () => {
    const data = { runId: 'run_1', migrationId: 'mig_1', epoch: '3', status: 'STATUS_HIBERNATING', warp: { factor: 9 } };
    await handle(event('io.smartant.run.finished.v1', data));
    expect(due).toEqual([['mig_1', 'run_1']]);
    expect(woken).toBe(1);
  });

  it('leaves alone what it does not know', async () => {
    await handle(event('io.smartant.run.teleported.v1', { where: 'mars' }));
    expect(woken).toBe(1);
  });
});
