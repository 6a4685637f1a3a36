import type { AlertChange } from '../../domain/known-alert';
import type { AttemptRecord } from '../ports/stores';

/** Told of what the notifier does, for metrics and logs. Never of what messages say. */
export interface NotifierObserver {
  received(source: string, changes: ReadonlyMap<AlertChange, number>): void;
  /** So many alerts of a source were taken for over, as it was silent about them. */
  expired(source: string, count: number): void;
  /** A group was told: so many deliveries were written, and so many of its alerts were held back. */
  flushed(groupId: string, deliveries: number, held: number): void;
  templateFailed(workspaceId: string, channelType: string, problem: string): void;
  attempted(delivery: { id: string; channelId: string; workspaceId: string }, channelType: string, attempt: AttemptRecord): void;
  fellBack(delivery: { id: string; channelId: string }, to: string): void;
  /** A process died, or went silent, while it sent this: it may have been taken. */
  uncertain(deliveryId: string, channelId: string): void;
  failed(part: string, error: unknown): void;
}
