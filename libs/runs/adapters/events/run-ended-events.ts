import { eventsV1 } from '@smartant/contracts';
import { newEvent, type Outbox } from '@smartant/platform/events';
import type { RunEvents } from '../../observer';
import type { Tx } from '../../stores';
import { statusToProto } from '../grpc/to-proto';

/** Tells the scheduler through the outbox that a run has ended. A hint: GetRun is the truth. */
export class RunEndedEvents implements RunEvents {
  constructor(private readonly outbox: Outbox) {}

  async ended(tx: Tx, run: Parameters<RunEvents['ended']>[1]): Promise<void> {
    const { runId, migrationId, workspaceId, epoch, status } = run;
    const change = status === 'failed' ? 'failed' : 'finished';
    await this.outbox.append(tx, [
      newEvent({
        type: `io.smartant.run.${change}.v1`,
        topic: 'smartant.runs.v1',
        key: migrationId,
        workspaceId,
        data: eventsV1.RunEnded.toJSON({ runId, migrationId, epoch, status: statusToProto(status) }) as object,
      }),
    ]);
  }
}
