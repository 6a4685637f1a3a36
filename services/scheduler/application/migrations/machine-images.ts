import { finishedImage, type FinishedImage } from '../../domain/migration/finished-image';
import { kubevirtManifests, type KubernetesList } from '../../domain/migration/kubevirt-manifests';
import { kubevirtMachine, type KubevirtWishes } from '../../domain/migration/kubevirt-wishes';
import { DEFAULT_STORAGE_SCOPE, NO_LIMITS } from '../../domain/migration/migration-spec';
import { requireEndpoint } from '../endpoints/resolve-endpoint';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, ImageUpload, MigrationInput } from '../use-cases';
import { requireMigration } from './require-migration';

/** Manifests of the machine that a migration's image becomes in a cluster. */
export async function manifestsOf(unitOfWork: UnitOfWork, caller: Caller, id: string, wishes: KubevirtWishes): Promise<KubernetesList> {
  return kubevirtManifests(kubevirtMachine(await requireImage(unitOfWork, caller, id), wishes));
}

/**
 * An upload of a migration's image: a migration of that one file, which goes on by itself to a verified end. So parts, memory, checksums, limits and
 * what happens after a crash are those of every migration of storage, and its report proves the upload.
 */
export async function uploadOf(unitOfWork: UnitOfWork, caller: Caller, id: string, { target, name }: ImageUpload): Promise<MigrationInput> {
  const image = await requireImage(unitOfWork, caller, id);
  const parts = image.location.path.split('/').filter((part) => part !== '');
  const file = parts.pop() ?? '';
  return {
    name: name ?? `${image.name.slice(0, 100)}, image`,
    source: { location: { kind: 'file', root: image.location.root, path: parts.join('/') }, secret: { kind: 'none' } },
    target,
    spec: {
      kind: 'storage',
      storage: { ...DEFAULT_STORAGE_SCOPE, filesFrom: [file], deletePolicy: 'keep', verify: 'content' },
      limits: NO_LIMITS,
      cutover: { mode: 'automatic', sourceFrozen: true, finalize: 'automatic' },
      incrementalIntervalSeconds: 60,
    },
  };
}

async function requireImage({ reads }: UnitOfWork, caller: Caller, id: string): Promise<FinishedImage> {
  const migration = await requireMigration(reads, caller.workspaceId, id);
  const { location } = await requireEndpoint(reads, caller.workspaceId, migration.spec.targetEndpointId);
  return finishedImage(migration, location);
}
