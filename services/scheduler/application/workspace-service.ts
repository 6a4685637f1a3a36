import { SmartantError } from '@smartant/kernel';
import type { UnitOfWork } from './ports/unit-of-work';
import type { Workspace, WorkspaceUseCases } from './use-cases';

export class WorkspaceService implements WorkspaceUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async resolve(idOrName: string): Promise<Workspace> {
    const found = await this.unitOfWork.direct.workspaces.find(idOrName);
    if (found) return found;
    throw new SmartantError('WORKSPACE_NOT_FOUND', `There is no workspace "${idOrName}".`, {
      kind: 'not-found',
      hint: 'Use the workspace "default".',
    });
  }
}
