import { newId, SmartantError } from '@smartant/kernel';
import { assertAdmin } from '../access';
import type { AuditDetail } from '../ports/audit';
import type { WorkspaceRecord } from '../ports/tenancy';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, Workspace, WorkspaceUseCases } from '../use-cases';
import { confirmAdmin } from './confirm-role';
import { doneFact } from '../audit/facts';
import type { OwnWorkspace, TenantUseCases } from './tenancy-use-cases';
import { requireWorkspace, workspaceDisabled } from './require-workspace';

export class WorkspaceService implements WorkspaceUseCases, TenantUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async resolve(idOrName: string): Promise<Workspace> {
    const { id, name, disabled } = requireWorkspace(await this.unitOfWork.direct.workspaces.find(idOrName), idOrName);
    if (!disabled) return { id, name };
    throw workspaceDisabled();
  }

  async list(caller: Caller): Promise<OwnWorkspace[]> {
    const { workspaces } = this.unitOfWork.reads;
    if (caller.role === 'admin') return (await workspaces.list()).map((each) => ({ ...each, role: 'admin' }));
    return workspaces.ofUser(caller.userId);
  }

  create(caller: Caller, name: string): Promise<OwnWorkspace> {
    assertAdmin(caller);
    return this.unitOfWork.transaction(async (stores) => {
      const { workspaces, members, audit } = stores;
      await confirmAdmin(stores, caller);
      const workspace = await workspaces.insert({ id: newId('ws'), name });
      // Else nobody could be the one who is not the last owner.
      await members.add(workspace.id, caller.userId, 'owner');
      await audit.append(caller, doneFact('workspace.create', workspace.id, targetOf(workspace), { after: detailOf(workspace) }));
      return { ...workspace, role: 'admin' as const };
    });
  }

  update(caller: Caller, idOrName: string, change: { name?: string; disabled?: boolean }): Promise<OwnWorkspace> {
    assertAdmin(caller);
    return this.unitOfWork.transaction(async (stores) => {
      const { workspaces, audit } = stores;
      await confirmAdmin(stores, caller);
      const before = requireWorkspace(await workspaces.lock(idOrName), idOrName);
      if (change.disabled && before.id === caller.workspaceId) throw workspaceIsOwn(before.name);
      const after = { ...before, name: change.name ?? before.name, disabled: change.disabled ?? before.disabled };
      await workspaces.update(after);
      const fact = doneFact('workspace.update', before.id, targetOf(after), { before: detailOf(before), after: detailOf(after) });
      await audit.append(caller, fact);
      return { ...after, role: 'admin' as const };
    });
  }
}

function targetOf({ id, name }: WorkspaceRecord) {
  return { kind: 'workspace', id, name };
}

function detailOf({ name, disabled }: WorkspaceRecord): AuditDetail {
  return { name, disabled };
}

/** An administrator who disabled the only workspace there is could not come back. */
function workspaceIsOwn(name: string): SmartantError {
  return new SmartantError('WORKSPACE_IS_OWN', `You are signed in to the workspace "${name}", so you can't disable it.`, {
    kind: 'precondition',
    hint: 'Switch to another workspace first.',
  });
}
