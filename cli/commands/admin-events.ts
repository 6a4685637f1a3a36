import type { Command } from 'commander';
import type { Invocation, Runner } from '../invocation';
import { localTime } from '../output/numbers';

/** admin events parked, replay. */
export function addEventCommands(admin: Command, runner: Runner): void {
  const { help } = runner.context.messages;
  const events = admin.command('events').description(help.adminEvents);
  events.command('parked').description(help.adminEventsParked).action(runner.action(listParked));
  events.command('replay <topic> <group>').description(help.adminEventsReplay).action(runner.action(replay));
}

async function listParked({ api, printer, messages }: Invocation): Promise<void> {
  const { columns } = messages;
  printer.list(
    await api.platform.parkedEvents(),
    [
      { heading: columns.topic, value: ({ topic }) => topic },
      { heading: columns.group, value: ({ group }) => group },
      { heading: columns.type, value: ({ type }) => type },
      { heading: columns.eventKey, value: ({ key }) => key },
      { heading: columns.parked, value: ({ parkedAt }) => localTime(parkedAt) },
      { heading: columns.reason, value: ({ errorCode, reason }) => (errorCode === null ? reason : `${errorCode}: ${reason}`) },
      { heading: columns.id, value: ({ eventId }) => eventId, wide: true },
    ],
    messages.nothing.parkedEvents,
  );
}

async function replay({ api, printer, messages }: Invocation, topic: string, group: string): Promise<void> {
  const replayed = await api.platform.replayParkedEvents(topic, group);
  printer.done({ replayed }, messages.replayed(replayed));
}
