import type { Rotation } from '../ports/rotation-store';
import type { Caller } from '../use-cases';

export interface VaultKeyView {
  keyId: string;
  isCurrent: boolean;
  /** False: something was sealed under it, and it is not there to open that. */
  isHeld: boolean;
  /** How many values need it. */
  values: number;
  /** Nothing needs it: it can be taken away. */
  isRemovable: boolean;
}

export type VaultRotationView = Pick<
  Rotation,
  'id' | 'kind' | 'targetKeyId' | 'state' | 'requestedBy' | 'createdAt' | 'finishedAt' | 'total' | 'done' | 'failed' | 'lastError'
>;

export interface VaultStatus {
  /** Null: the key management service does not answer; see `problem`. */
  currentKeyId: string | null;
  keys: VaultKeyView[];
  areas: { name: string; values: number; underCurrentKey: number }[];
  /** The one that runs, or the last one. */
  rotation: VaultRotationView | null;
  problem: { code: string; message: string } | null;
}

/** The vault's keys. Administrators only. */
export interface VaultUseCases {
  status(caller: Caller): Promise<VaultStatus>;
  /** Begins a rotation in the background, or answers with the one that does as much already. */
  rotate(caller: Caller, options: { dataKeys: boolean }): Promise<VaultRotationView>;
}
