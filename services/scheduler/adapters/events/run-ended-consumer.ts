import { eventsV1 } from '@smartant/contracts';
import { handleByType, type EventBus, type EventHandler, type Subscription } from '@smartant/platform/events';
import type { UnitOfWork } from '../../application/ports/unit-of-work';

export const RUNS_TOPIC = 'smartant.runs.v1';
/** Which events this consumer takes, and as whom. */
export const RUN_EVENTS = { topic: RUNS_TOPIC, group: 'scheduler' } as const;

/**
 * Looks at once at a migration whose run has ended. Only a hint, idempotent by nature: a lost, late or repeated event
 * changes nothing but the moment at which the driver asks the migrator.
 */
export function consumeRunEnded(bus: EventBus, unitOfWork: UnitOfWork, wakeDriver: () => void): Promise<Subscription> {
  const look: EventHandler = async (event) => {
    // The generated reader throws at a value of an enumeration that a newer migrator may send, and the status is not needed.
    const { migrationId, runId } = eventsV1.RunEnded.fromJSON({ ...event.data, status: undefined });
    await unitOfWork.direct.migrations.makeDue(migrationId, runId);
    wakeDriver();
  };
  const handler = handleByType(RUN_EVENTS.group, { 'io.smartant.run.finished.v1': look, 'io.smartant.run.failed.v1': look });
  return bus.subscribe({ ...RUN_EVENTS, handler });
}
