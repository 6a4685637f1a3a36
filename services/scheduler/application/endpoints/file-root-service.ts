import { SmartantError } from '@smartant/kernel';
import type { FileRoot } from '../../domain/endpoint/endpoint';
import { assertFileRootValid } from '../../domain/endpoint/endpoint-rules';
import { assertAdmin } from '../access';
import { fileRootTarget } from '../audit/details';
import { doneFact } from '../audit/facts';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, FileRootUseCases } from '../use-cases';

export class FileRootService implements FileRootUseCases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  list(_caller: Caller): Promise<FileRoot[]> {
    return this.unitOfWork.reads.fileRoots.list();
  }

  /** The same root again is a success: supervisors register their roots at each start. */
  async add(caller: Caller, root: FileRoot): Promise<FileRoot> {
    assertAdmin(caller);
    assertFileRootValid(root);
    const known = await this.unitOfWork.direct.fileRoots.find(root.name);
    if (known?.path === root.path) return known;
    await this.unitOfWork.transaction(async (stores) => {
      await stores.fileRoots.insert(root);
      await stores.audit.append(caller, doneFact('file-root.add', null, fileRootTarget(root.name), { after: { path: root.path } }));
    });
    return root;
  }

  async remove(caller: Caller, name: string): Promise<void> {
    assertAdmin(caller);
    await this.unitOfWork.transaction(async ({ fileRoots, audit }) => {
      if (await fileRoots.inUse(name)) {
        throw new SmartantError('FILE_ROOT_IN_USE', `An endpoint uses file root "${name}".`, {
          kind: 'precondition',
          hint: 'Remove the endpoints below it first.',
        });
      }
      const root = await fileRoots.find(name);
      if (root && (await fileRoots.remove(name))) {
        return audit.append(caller, doneFact('file-root.remove', null, fileRootTarget(name), { before: { path: root.path } }));
      }
      throw new SmartantError('FILE_ROOT_NOT_FOUND', `There is no file root "${name}".`, {
        kind: 'not-found',
        hint: 'List the file roots.',
      });
    });
  }
}
