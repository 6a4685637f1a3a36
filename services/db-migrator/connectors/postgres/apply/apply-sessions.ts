import type { PgSession } from '../session/pg-session';
import { openApplySession, openFurtherApplySession } from './open-apply-session';
import type { StreamChangesOptions } from './stream-options';

/** The sessions at the target that changes are applied on. */
export class ApplySessions {
  private readonly sessions: PgSession[] = [];
  private isClosed = false;

  constructor(private readonly options: Pick<StreamChangesOptions, 'target' | 'migrationId' | 'signal'>) {}

  async openFirst(): Promise<{ session: PgSession; keepOrder: boolean }> {
    const { target, migrationId, signal } = this.options;
    const opened = await openApplySession(target, migrationId, signal);
    this.sessions.push(opened.session);
    return opened;
  }

  /** None where the target does not let us have as many: one applier does it as well. */
  async openOthers(count: number): Promise<PgSession[]> {
    const { target, migrationId, signal } = this.options;
    const opening = Array.from({ length: count }, () => openFurtherApplySession(target, migrationId, signal));
    const settled = await Promise.allSettled(opening);
    const opened = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    this.sessions.push(...opened);
    const failed = settled.find((one) => one.status === 'rejected');
    if (failed || this.isClosed) for (const session of opened) session.destroy();
    return failed || this.isClosed ? [] : opened;
  }

  /** A transaction that was not committed goes with its session, and so does what is still being opened. */
  close(): void {
    this.isClosed = true;
    for (const session of this.sessions) session.destroy();
  }
}
