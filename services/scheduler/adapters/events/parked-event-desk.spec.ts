import { createEventBus, newEvent, prepareEmbeddedBus, type EventBus } from '@smartant/platform/events';
import { openSession } from '@smartant/platform/postgres';
import { freshDatabase } from '@smartant/test-servers';
import { ParkedEventDesk } from './parked-event-desk';
import { consumeRunEnded, RUN_EVENTS } from './run-ended-consumer';

const caller = { userId: 'user_1', workspaceId: 'ws_1', role: 'admin' } as const;

describe('the desk of parked events', () => {
  let bus: EventBus;
  let desk: ParkedEventDesk;
  let broken = true;
  const due: string[] = [];
  const recorded: unknown[] = [];

  beforeAll(async () => {
    const databaseUrl = await freshDatabase();
    const admin = await openSession({ url: databaseUrl, schema: 'public', applicationName: 'spec' });
    await prepareEmbeddedBus(admin, { grantTo: [] });
    await admin.close();
    bus = createEventBus({ kind: 'embedded', databaseUrl, pollMs: 200 });
    await bus.start();
    desk = new ParkedEventDesk(bus, { append: async (actor, fact) => void recorded.push({ actor, fact }) });
    const makeDue = async (migrationId: string) => {
      if (broken) throw new Error('cannot be handled yet');
      due.push(migrationId);
    };
    await consumeRunEnded(bus, { direct: { migrations: { makeDue } } } as never, () => undefined);
  });

  afterAll(() => bus.close());

  const until = async (condition: () => boolean | Promise<boolean>) => {
    for (const deadline = Date.now() + 30_000; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 20)))
      if (Date.now() > deadline) throw new Error('not in 30 s');
  };

  it('shows what could not be handled with its reason, and gives it once more on request', async () => {
    const type = 'io.smartant.run.finished.v1';
    const data = { runId: 'run_1', migrationId: 'mig_1' };
    const event = newEvent({ type, topic: RUN_EVENTS.topic, key: 'mig_1', workspaceId: 'ws_1', data });
    await bus.publish([event]);
    await until(async () => (await desk.list(caller)).length === 1);
    expect(await desk.list(caller)).toEqual([
      expect.objectContaining({ ...RUN_EVENTS, eventId: event.id, type, key: 'mig_1', reason: 'cannot be handled yet', attempts: 5 }),
    ]);
    broken = false;
    expect(await desk.replay(caller, RUN_EVENTS.topic, RUN_EVENTS.group)).toBe(1);
    expect(recorded).toMatchObject([{ actor: caller, fact: { action: 'consumer.replay', target: { id: 'smartant.runs.v1/scheduler' } } }]);
    await until(() => due.length === 1);
    expect(due).toEqual(['mig_1']);
    expect(await desk.list(caller)).toEqual([]);
  });

  it('knows its consumers', async () => {
    await expect(desk.replay(caller, RUN_EVENTS.topic, 'nobody')).rejects.toMatchObject({ code: 'EVENT_GROUP_NOT_FOUND' });
    expect(recorded).toHaveLength(1);
  });
});
