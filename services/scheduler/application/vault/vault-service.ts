import { newId, toSmartantError, type Clock } from '@smartant/kernel';
import { assertAdmin } from '../access';
import type { KeyProblem } from '../ports/key-wrapper';
import type { Rotation, RotationKind } from '../ports/rotation-store';
import type { SealedValues } from '../ports/sealed-values';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { VaultKeys } from '../ports/vault';
import type { Caller } from '../use-cases';
import { countValues, valuesByKey, type AreaCount } from './count-values';
import { startFact } from './rotation-facts';
import type { VaultKeyView, VaultRotationView, VaultStatus, VaultUseCases } from './vault-use-cases';

export interface VaultServiceOptions {
  unitOfWork: UnitOfWork;
  vault: VaultKeys;
  sealed: readonly SealedValues[];
  clock: Clock;
  /** Makes this replica look at once at what there is to do. */
  wakeRotator: () => void;
}

/** What an administrator sees of the vault's keys, and asks of them. */
export class VaultService implements VaultUseCases {
  constructor(private readonly options: VaultServiceOptions) {}

  async status(caller: Caller): Promise<VaultStatus> {
    assertAdmin(caller);
    const { unitOfWork, sealed } = this.options;
    const areas = await countValues(sealed);
    const latest = await unitOfWork.direct.vaultRotations.latest();
    const held = await this.held();
    return {
      currentKeyId: held.currentKeyId,
      keys: keyViews(areas, held),
      areas: areas.map(({ name, byKey }) => ({ name, ...split(byKey, held.currentKeyId) })),
      rotation: latest && toView(latest),
      problem: held.problem,
    };
  }

  /**
   * Asks for a rotation towards the key that is current here, now. What runs already and does as much is answered with; what does less, or
   * goes towards an earlier key, is superseded.
   */
  async rotate(caller: Caller, { dataKeys }: { dataKeys: boolean }): Promise<VaultRotationView> {
    assertAdmin(caller);
    const { unitOfWork, vault, sealed, wakeRotator } = this.options;
    const targetKeyId = await vault.currentKeyId();
    const kind: RotationKind = dataKeys ? 'data-keys' : 'master-key';
    const byKey = valuesByKey(await countValues(sealed));
    const total = [...byKey].reduce((sum, [keyId, values]) => sum + (dataKeys || keyId !== targetKeyId ? values : 0), 0);
    const wanted = this.newRotation(kind, targetKeyId, total, caller.userId);
    const rotation = await unitOfWork.transaction(async (stores) => {
      const running = await stores.vaultRotations.lockRunning();
      if (running?.targetKeyId === targetKeyId && (running.kind === kind || running.kind === 'data-keys')) return running;
      if (running) await stores.vaultRotations.supersede(running.id);
      if (!(await stores.vaultRotations.insert(wanted))) return (await stores.vaultRotations.lockRunning())!;
      await stores.audit.append(caller, startFact(wanted));
      return wanted;
    });
    wakeRotator();
    return toView(rotation);
  }

  private newRotation(kind: RotationKind, targetKeyId: string, total: number, requestedBy: string): Rotation {
    const createdAt = new Date(this.options.clock.nowMs()).toISOString();
    const id = newId('rot');
    const nothingDone = { done: 0, failed: 0, pass: 0, area: null, afterId: null, attempts: 0, lastError: null };
    return { id, kind, targetKeyId, state: 'running', requestedBy, createdAt, finishedAt: null, total, ...nothingDone };
  }

  /** The keys that are held. A service that does not answer is part of the answer: what is counted is known all the same. */
  private async held(): Promise<Held> {
    const { vault } = this.options;
    const [current, all] = await Promise.allSettled([vault.currentKeyId(), vault.keyIds()]);
    const failed = [current, all].find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    return {
      currentKeyId: current.status === 'fulfilled' ? current.value : null,
      keyIds: all.status === 'fulfilled' ? all.value : [],
      problem: failed ? problemOf(failed.reason) : vault.problem(),
    };
  }
}

function problemOf(error: unknown): KeyProblem {
  const { code, message } = toSmartantError(error);
  return { code, message };
}

interface Held {
  currentKeyId: string | null;
  keyIds: string[];
  problem: VaultStatus['problem'];
}

function keyViews(areas: readonly AreaCount[], { currentKeyId, keyIds }: Held): VaultKeyView[] {
  const byKey = valuesByKey(areas);
  return [...new Set([...keyIds, ...byKey.keys()])].map((keyId) => {
    const values = byKey.get(keyId) ?? 0;
    const isCurrent = keyId === currentKeyId;
    return { keyId, isCurrent, isHeld: keyIds.includes(keyId), values, isRemovable: currentKeyId !== null && !isCurrent && values === 0 };
  });
}

function split(byKey: AreaCount['byKey'], currentKeyId: string | null): { values: number; underCurrentKey: number } {
  const sum = (counts: AreaCount['byKey']) => counts.reduce((total, { values }) => total + values, 0);
  return { values: sum(byKey), underCurrentKey: sum(byKey.filter(({ keyId }) => keyId === currentKeyId)) };
}

function toView(rotation: Rotation): VaultRotationView {
  const { id, kind, targetKeyId, state, requestedBy, createdAt, finishedAt, total, done, failed, lastError } = rotation;
  return { id, kind, targetKeyId, state, requestedBy, createdAt, finishedAt, total, done: Math.min(done, total), failed, lastError };
}
