import type { SchedulerUseCases } from '../use-cases';
import { InvitationService } from './invitation-service';
import { MemberService } from './member-service';
import { QuotaService, type QuotaServiceOptions } from './quota-service';
import { ServiceAccountService } from './service-account-service';
import { UserService } from './user-service';
import { WorkspaceService } from './workspace-service';

export interface TenancyOptions extends QuotaServiceOptions {
  apiKeyPepper: string;
}

/** The use cases of workspaces, of who is in them, and of what they may use. */
export function openTenancy({
  unitOfWork,
  apiKeyPepper,
  wakeDriver,
}: TenancyOptions): Pick<SchedulerUseCases, 'workspaces' | 'members' | 'users' | 'invitations' | 'serviceAccounts' | 'quotas'> {
  return {
    workspaces: new WorkspaceService(unitOfWork),
    members: new MemberService(unitOfWork),
    users: new UserService(unitOfWork),
    invitations: new InvitationService(unitOfWork),
    serviceAccounts: new ServiceAccountService(unitOfWork, apiKeyPepper),
    quotas: new QuotaService({ unitOfWork, wakeDriver }),
  };
}
