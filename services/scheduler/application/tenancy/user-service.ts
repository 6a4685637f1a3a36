import { SmartantError } from '@smartant/kernel';
import { assertAdmin } from '../access';
import { pageSizeOf, positionOf, toPage } from '../paging';
import type { PlatformUser } from '../ports/tenancy';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, Page, PageRequest } from '../use-cases';
import { confirmAdmin } from './confirm-role';
import { doneFact } from '../audit/facts';
import { requireUser } from './require-user';
import type { UserUseCases } from './tenancy-use-cases';

export class UserService implements UserUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async list(caller: Caller, page: PageRequest): Promise<Page<PlatformUser>> {
    assertAdmin(caller);
    const size = pageSizeOf(page);
    return toPage(await this.unitOfWork.reads.users.page(positionOf(page), size + 1), size);
  }

  setDisabled(caller: Caller, idOrName: string, disabled: boolean): Promise<PlatformUser> {
    assertAdmin(caller);
    return this.unitOfWork.transaction(async (stores) => {
      const { users, audit } = stores;
      // Also keeps two administrators from disabling each other at the same time.
      const admins = await users.lockAdmins();
      await confirmAdmin(stores, caller);
      const before = requireUser(await users.find(idOrName), idOrName);
      if (disabled && admins.every((id) => id === before.id)) throw lastAdmin(before.username);
      await users.setDisabled(before.id, disabled);
      const change = { before: { disabled: before.disabled }, after: { disabled } };
      const target = { kind: 'user', id: before.id, name: before.username };
      await audit.append(caller, doneFact(disabled ? 'user.disable' : 'user.enable', null, target, change));
      return { ...before, disabled };
    });
  }
}

function lastAdmin(username: string): SmartantError {
  return new SmartantError('USER_LAST_ADMIN', `"${username}" is the last administrator of the platform.`, {
    kind: 'precondition',
    hint: 'There has to be another administrator first.',
  });
}
