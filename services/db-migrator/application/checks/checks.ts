import { SmartantError } from '@smartant/kernel';
import type { UnitOfWork } from '@smartant/runs';
import type { AskedCheck, Check } from '../../domain/check';
import type { Stores } from '../ports/stores';

/** Of a migration, the latest are told. */
const TOLD = 20;

/** What users ask of live migrations beside their streams; whoever holds a stream does it. */
export class Checks {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly stores: Pick<Stores, 'checks' | 'runs'>,
  ) {}

  /** Idempotent by the check's id. Raises DATABASE_CHECK_UNAVAILABLE where no stream goes on. */
  async ask(check: AskedCheck): Promise<Check> {
    const { unitOfWork, stores } = this;
    const run = await stores.runs.latest(unitOfWork, check.migrationId);
    if (run?.phase !== 'incremental' || run.status !== 'running') {
      throw new SmartantError('DATABASE_CHECK_UNAVAILABLE', 'Rows can be compared beside the change stream only, and none goes on.', {
        kind: 'precondition',
        actor: 'user',
        hint: 'Ask again once changes are streamed (phase incremental, not paused).',
      });
    }
    return stores.checks.ask(unitOfWork, check);
  }

  /** Newest first. */
  list(migrationId: string): Promise<Check[]> {
    return this.stores.checks.list(this.unitOfWork, migrationId, TOLD);
  }
}
