import { randomUUID } from 'node:crypto';
import { toSmartantError } from '@smartant/kernel';
import { WakeUp } from '../driver/wake-up';
import type { Rotation } from '../ports/rotation-store';
import type { UnitOfWork } from '../ports/unit-of-work';
import { finishFact } from './rotation-facts';
import type { RotationPass } from './rotation-pass';
import type { VaultKeys } from '../ports/vault';

export interface RotatorOptions {
  unitOfWork: UnitOfWork;
  vault: Pick<VaultKeys, 'currentKeyId'>;
  pass: RotationPass;
  /** For what went wrong and is tried again. */
  warn: (fields: object, message: string) => void;
  /** How long a replica that died holds a rotation up. */
  claimMs?: number;
  /** How often a replica looks whether there is something to do. */
  lookMs?: number;
}

const CLAIM_MS = 30_000;
const LOOK_MS = 5_000;
const BACKOFF_MS = { first: 2_000, longest: 60_000 };

/**
 * Carries rotations out in the background: one replica at a time, whichever has the claim. It stores how far it is after each handful of
 * values, so a killed one costs that handful. All it does may be done twice: values are replaced only if they are still what was read.
 */
export class Rotator {
  private readonly alarm = new WakeUp();
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private readonly claimMs: number;

  constructor(private readonly options: RotatorOptions) {
    this.claimMs = options.claimMs ?? CLAIM_MS;
  }

  start(): void {
    this.loop = this.run();
  }

  /** A rotation was asked for. */
  wake(): void {
    this.alarm.ring();
  }

  /** Gives the claim up, so that another replica goes on at once. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.alarm.ring();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.round();
      } catch (error) {
        this.options.warn({ err: error }, 'a rotation of the vault’s keys was interrupted');
      }
      if (!this.stopping.signal.aborted) await this.alarm.wait(this.options.lookMs ?? LOOK_MS);
    }
  }

  private async round(): Promise<void> {
    const { unitOfWork, vault } = this.options;
    const latest = await unitOfWork.direct.vaultRotations.latest();
    if (latest?.state !== 'running') return;
    const token = randomUUID();
    const claimed = await unitOfWork.direct.vaultRotations.claim(token, this.claimMs, await vault.currentKeyId());
    if (claimed) await this.carry(claimed, token);
  }

  private async carry(claimed: Rotation, token: string): Promise<void> {
    const { vaultRotations } = this.options.unitOfWork.direct;
    let rotation = claimed;
    try {
      while (await this.mayGoOn(rotation)) {
        const progress = await this.options.pass.step(rotation, this.claimMs / 3, this.stopping.signal);
        if (progress === 'done') return await this.finish(rotation, token);
        if (!(await vaultRotations.save(rotation.id, token, this.claimMs, progress))) return;
        rotation = { ...rotation, ...progress, attempts: 0 };
      }
      await vaultRotations.release(rotation.id, token, 0, null);
    } catch (thrown) {
      const { code, message } = toSmartantError(thrown);
      this.options.warn({ err: thrown, rotation: rotation.id }, 'a rotation of the vault’s keys waits and is tried again');
      const delayMs = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** rotation.attempts);
      await vaultRotations.release(rotation.id, token, delayMs, { code, message });
    }
  }

  /** The current key may have become another one, here first: then this replica is not the one to go on. */
  private async mayGoOn({ targetKeyId }: Rotation): Promise<boolean> {
    return !this.stopping.signal.aborted && (await this.options.vault.currentKeyId()) === targetKeyId;
  }

  private async finish(rotation: Rotation, token: string): Promise<void> {
    await this.options.unitOfWork.transaction(async (stores) => {
      if (!(await stores.vaultRotations.finish(rotation.id, token))) return;
      await stores.audit.append({ userId: 'system' }, finishFact(rotation));
    });
  }
}
