import { eventsV1 } from '@smartant/contracts';
import type { EventBus, Subscription } from '@smartant/platform/events';
import type { UnitOfWork } from '../../application/ports/unit-of-work';

export const RUNS_TOPIC = 'smartant.runs.v1';

/**
 * Looks at once at a migration whose run has ended. Only a hint, idempotent by nature: a lost, late or repeated event
 * changes nothing but the moment at which the driver asks the migrator.
 */
export function consumeRunEnded(bus: EventBus, unitOfWork: UnitOfWork, wakeDriver: () => void): Promise<Subscription> {
  return bus.subscribe({
    topic: RUNS_TOPIC,
    group: 'scheduler',
    handler: async (event) => {
      const { migrationId, runId } = eventsV1.RunEnded.fromJSON(event.data);
      await unitOfWork.direct.migrations.makeDue(migrationId, runId);
      wakeDriver();
    },
  });
}
