import { NO_RATES, type Rates } from '../../domain/migration/migration-spec';
import { assertLimitsValid } from '../../domain/migration/spec-rules';
import { rateAboveCeiling } from '../../domain/tenancy/quotas';
import { assertMayWrite } from '../access';
import { doneFact } from '../audit/facts';
import type { AuditTarget } from '../ports/audit';
import { requireEndpoint } from '../endpoints/resolve-endpoint';
import type { LimitScope, Stores, UnitOfWork } from '../ports/unit-of-work';
import { quotaExceeded } from '../tenancy/assert-quota';
import type { Caller, LimitUseCases } from '../use-cases';
import { storeLimits } from './store-limits';

export interface LimitServiceOptions {
  unitOfWork: UnitOfWork;
  /** Makes drivers look at once at what became due. */
  wakeDriver: (migrationId: string) => void;
}

/** Limits that several migrations share. A change is told to every run concerned, in the transaction that stores it. */
export class LimitService implements LimitUseCases {
  constructor(private readonly options: LimitServiceOptions) {}

  async ofEndpoint(caller: Caller, idOrName: string): Promise<Rates> {
    const { reads } = this.options.unitOfWork;
    const { id } = await requireEndpoint(reads, caller.workspaceId, idOrName);
    return current(reads, { kind: 'endpoint', id });
  }

  setOfEndpoint(caller: Caller, idOrName: string, change: Partial<Rates>): Promise<Rates> {
    return this.change(caller, change, async (stores) => {
      const { id, name } = await requireEndpoint(stores, caller.workspaceId, idOrName);
      return { kind: 'endpoint', id, name };
    });
  }

  ofWorkspace({ workspaceId }: Caller): Promise<Rates> {
    return current(this.options.unitOfWork.reads, { kind: 'workspace', id: workspaceId });
  }

  setOfWorkspace(caller: Caller, change: Partial<Rates>): Promise<Rates> {
    return this.change(caller, change, async (stores) => {
      // Ceilings are set under the same lock.
      await stores.workspaces.lock(caller.workspaceId);
      return { kind: 'workspace', id: caller.workspaceId, name: null };
    });
  }

  private async change(
    caller: Caller,
    change: Partial<Rates>,
    find: (stores: Stores) => Promise<LimitScope & AuditTarget>,
  ): Promise<Rates> {
    assertMayWrite(caller);
    const { unitOfWork, wakeDriver } = this.options;
    const { limits, concerned } = await unitOfWork.transaction(async (stores) => {
      const target = await find(stores);
      const scope: LimitScope = { kind: target.kind, id: target.id };
      const before = await current(stores, scope);
      const merged = { ...before, ...change };
      assertLimitsValid(merged);
      if (scope.kind === 'workspace') await assertCeilings(stores, scope.id, merged);
      await stores.audit.append(
        caller,
        doneFact(`${scope.kind}.set-limits`, caller.workspaceId, target, { before: { ...before }, after: { ...merged } }),
      );
      return { limits: merged, concerned: await storeLimits(stores, caller.workspaceId, scope, merged) };
    });
    for (const id of concerned) wakeDriver(id);
    return limits;
  }
}

async function current(stores: Stores, scope: LimitScope): Promise<Rates> {
  const [found] = await stores.scopeLimits.find([scope]);
  return found?.limits ?? NO_RATES;
}

/** Raises QUOTA_EXCEEDED for a limit of a workspace that is above its ceiling. */
async function assertCeilings(stores: Stores, workspaceId: string, limits: Rates): Promise<void> {
  const ceilings = await stores.quotas.find(workspaceId);
  const rate = rateAboveCeiling(limits, ceilings);
  if (rate === undefined) return;
  const asked = limits[rate] === 0 ? 'no limit' : String(limits[rate]);
  throw quotaExceeded(rate, ceilings[rate], `at most ${ceilings[rate]} can be set, and ${asked} was asked for`, asked);
}
