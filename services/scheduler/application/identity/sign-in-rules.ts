import { assertOwner } from '../access';
import { confirmOwner } from '../tenancy/confirm-role';
import { doneFact } from '../audit/facts';
import { requireWorkspace } from '../tenancy/require-workspace';
import type { Caller } from '../use-cases';
import type { AccountUnitOfWork } from './account-stores';
import { requireSession } from './require-session';
import { ownSecondFactorMissing } from './second-factor-errors';
import type { SecondFactorRule } from './second-factor-rule';

export interface WorkspaceSignInRules {
  /** By the owners of the workspace: nobody acts in it by a session without a second factor. */
  secondFactorRequired: boolean;
  /** By whoever runs the platform, in every workspace. */
  secondFactorRequiredByPlatform: boolean;
}

/** What a workspace asks of those who sign in to it. */
export class SignInRules {
  constructor(
    private readonly unitOfWork: AccountUnitOfWork,
    private readonly rule: SecondFactorRule,
  ) {}

  async of({ workspaceId }: Caller): Promise<WorkspaceSignInRules> {
    const { secondFactorRequired } = requireWorkspace(await this.unitOfWork.direct.workspaces.find(workspaceId), workspaceId);
    return { secondFactorRequired, secondFactorRequiredByPlatform: this.rule.isRequiredByPlatform };
  }

  /**
   * For owners. Sessions that there are come under it when they are renewed. Raises ROLE_FORBIDDEN, SESSION_NEEDED, and
   * SECOND_FACTOR_OWN_MISSING for an owner whose own session has none, in either direction.
   */
  async set(caller: Caller, { secondFactorRequired }: Pick<WorkspaceSignInRules, 'secondFactorRequired'>): Promise<WorkspaceSignInRules> {
    assertOwner(caller);
    const sessionId = requireSession(caller);
    await this.unitOfWork.transaction(async (stores) => {
      await confirmOwner(stores, caller);
      if (!(await stores.sessions.find(sessionId))?.secondFactor) throw ownSecondFactorMissing();
      const workspace = requireWorkspace(await stores.workspaces.find(caller.workspaceId), caller.workspaceId);
      await stores.workspaces.setSecondFactorRequired(workspace.id, secondFactorRequired);
      const target = { kind: 'workspace', id: workspace.id, name: workspace.name };
      const change = { before: { secondFactorRequired: workspace.secondFactorRequired }, after: { secondFactorRequired } };
      await stores.audit.append(caller, doneFact('workspace.set-sign-in-rules', workspace.id, target, change));
    });
    return { secondFactorRequired, secondFactorRequiredByPlatform: this.rule.isRequiredByPlatform };
  }
}
