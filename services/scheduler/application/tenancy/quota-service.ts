import { NO_RATES } from '../../domain/migration/migration-spec';
import { withinCeilings, type Quotas } from '../../domain/tenancy/quotas';
import { assertAdmin } from '../access';
import { storeLimits } from '../limits/store-limits';
import type { LimitScope, Stores, UnitOfWork } from '../ports/unit-of-work';
import type { Caller } from '../use-cases';
import { confirmAdmin } from './confirm-role';
import { doneFact } from '../audit/facts';
import { requireWorkspace } from './require-workspace';
import type { QuotaState, QuotaUseCases } from './tenancy-use-cases';

export interface QuotaServiceOptions {
  unitOfWork: UnitOfWork;
  /** Makes drivers look at once at what became due. */
  wakeDriver: (migrationId: string) => void;
}

export class QuotaService implements QuotaUseCases {
  constructor(private readonly options: QuotaServiceOptions) {}

  ofOwn({ workspaceId }: Caller): Promise<QuotaState> {
    return stateOf(this.options.unitOfWork.reads, workspaceId);
  }

  async of(caller: Caller, idOrName: string): Promise<QuotaState> {
    assertAdmin(caller);
    const { reads } = this.options.unitOfWork;
    return stateOf(reads, requireWorkspace(await reads.workspaces.find(idOrName), idOrName).id);
  }

  async set(caller: Caller, idOrName: string, change: Partial<Quotas>): Promise<QuotaState> {
    assertAdmin(caller);
    const { state, concerned } = await this.options.unitOfWork.transaction(async (stores) => {
      await confirmAdmin(stores, caller);
      const { id, name } = requireWorkspace(await stores.workspaces.lock(idOrName), idOrName);
      const before = await stores.quotas.lock(id);
      const after = { ...before, ...change };
      await stores.quotas.save(id, after);
      const told = await bringDown(stores, id, after);
      const fact = doneFact('quota.update', id, { kind: 'workspace', id, name }, { before: { ...before }, after: { ...after } });
      await stores.audit.append(caller, fact);
      return { state: { quotas: after, use: await stores.quotas.use(id) }, concerned: told };
    });
    for (const id of concerned) this.options.wakeDriver(id);
    return state;
  }
}

async function stateOf(stores: Stores, workspaceId: string): Promise<QuotaState> {
  return { quotas: await stores.quotas.find(workspaceId), use: await stores.quotas.use(workspaceId) };
}

/** The workspace's limits, under the new ceilings. Resolves with the ids of the migrations that are told. */
async function bringDown(stores: Stores, workspaceId: string, ceilings: Quotas): Promise<string[]> {
  const scope: LimitScope = { kind: 'workspace', id: workspaceId };
  const [found] = await stores.scopeLimits.find([scope]);
  const limits = found?.limits ?? NO_RATES;
  const bounded = withinCeilings(limits, ceilings);
  const isSame = (Object.keys(bounded) as (keyof typeof bounded)[]).every((rate) => bounded[rate] === limits[rate]);
  return isSame ? [] : storeLimits(stores, workspaceId, scope, bounded);
}
