import { setTimeout as sleep } from 'node:timers/promises';
import { SmartantError } from '@smartant/kernel';
import type { Rotation, RotationProgress } from '../ports/rotation-store';
import type { SealedValue, SealedValues } from '../ports/sealed-values';
import type { VaultKeys } from '../ports/vault';
import { countValues, valuesByKey } from './count-values';

export interface RotationPace {
  /** Values that are read, changed and accounted for together. */
  batch: number;
  /** Values changed a second at most: a rotation is never urgent enough to be felt by migrations. */
  perSecond: number;
}

const PACE: RotationPace = { batch: 20, perSecond: 200 };

/** What stays as it was is told by the code of its error; everything else may pass and is tried again. */
const UNOPENABLE = new Set(['VAULT_CORRUPT', 'VAULT_KEY_MISMATCH']);

interface Area {
  area: SealedValues;
  afterId: string | null;
}

/**
 * Walks over all sealed values, step by step. The first pass takes everything; what a replica that did not know the current key yet has
 * sealed behind it meanwhile is found by further passes, until there is nothing left or only what cannot be opened.
 */
export class RotationPass {
  constructor(
    private readonly vault: Pick<VaultKeys, 'keyIdOf' | 'rewrap' | 'reseal'>,
    private readonly sealed: readonly SealedValues[],
    private readonly pace: RotationPace = PACE,
  ) {}

  /** Settles the next values, as many as it manages in `budgetMs` of a batch. Raises what may pass; what it has changed by then stays. */
  async step(rotation: Rotation, budgetMs: number, signal: AbortSignal): Promise<RotationProgress | 'done'> {
    const place = this.placeOf(rotation);
    if (!place) return this.nextPass(rotation);
    const values = await place.area.page(place.afterId, this.pace.batch);
    if (values.length === 0) return this.nextArea(rotation, place.area);
    const until = performance.now() + budgetMs;
    const progress = { ...progressOf(rotation), area: place.area.name };
    let changed = 0;
    for (const value of values) {
      if (signal.aborted || performance.now() > until) break;
      changed += (await this.settle(place.area, value, rotation, progress)) ? 1 : 0;
      progress.afterId = value.id;
    }
    await sleep((changed * 1_000) / this.pace.perSecond, undefined, { signal }).catch(() => undefined);
    return progress;
  }

  /** True when it had to be changed. Counts it in `progress`. */
  private async settle(area: SealedValues, value: SealedValue, rotation: Rotation, progress: RotationProgress): Promise<boolean> {
    try {
      const fresh = rotation.kind === 'data-keys' && rotation.pass === 0;
      if (!fresh && this.vault.keyIdOf(value.sealed) === rotation.targetKeyId) return false;
      const { context, sealed } = value;
      // Whoever has replaced the value meanwhile has sealed it freshly, so there is nothing left to do for it.
      await area.replace(value.id, sealed, await (fresh ? this.vault.reseal(context, sealed) : this.vault.rewrap(context, sealed)));
      if (rotation.pass === 0) progress.done += 1;
    } catch (error) {
      if (!(error instanceof SmartantError) || !UNOPENABLE.has(error.code)) throw error;
      progress.failed += 1;
      progress.lastError = { code: error.code, message: `${area.name}, ${value.id}: ${error.message}` };
    }
    return true;
  }

  /** Null: the pass is through. An area of this name that is not known (a newer version's) begins the pass anew. */
  private placeOf({ area, afterId }: Rotation): Area | null {
    if (area === END) return null;
    const at = this.sealed.find(({ name }) => name === area);
    return at ? { area: at, afterId } : { area: this.sealed[0]!, afterId: null };
  }

  private nextArea(rotation: Rotation, area: SealedValues): RotationProgress {
    const next = this.sealed[this.sealed.indexOf(area) + 1];
    return { ...progressOf(rotation), area: next?.name ?? END, afterId: null };
  }

  private async nextPass(rotation: Rotation): Promise<RotationProgress | 'done'> {
    const left = [...valuesByKey(await countValues(this.sealed))].filter(([keyId]) => keyId !== rotation.targetKeyId);
    if (left.reduce((sum, [, values]) => sum + values, 0) <= rotation.failed) return 'done';
    return { ...progressOf(rotation), pass: rotation.pass + 1, failed: 0, area: null, afterId: null };
  }
}

/** Stands for the end of a pass, in the place of an area's name. */
const END = '';

function progressOf({ done, failed, pass, area, afterId, lastError }: Rotation): RotationProgress {
  return { done, failed, pass, area, afterId, lastError };
}
