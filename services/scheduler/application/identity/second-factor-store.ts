export interface SecondFactorRecord {
  /** Sealed by the vault under `second-factor/<user id>`. */
  sealedSecret: string;
  /** Null while the user has not shown a code of it. */
  confirmedAt: string | null;
  recoveryCodesLeft: number;
}

/** Where second factors are kept. */
export interface SecondFactorStore {
  find(userId: string): Promise<SecondFactorRecord | null>;
  /** Replaces one that was not confirmed. False, and nothing changed, for one that was. */
  begin(userId: string, sealedSecret: string): Promise<boolean>;
  /** From now on it is asked for. False when it is confirmed already, or was replaced. */
  confirm(userId: string, sealedSecret: string, step: number, recoveryDigests: Buffer[]): Promise<boolean>;
  /** False when this time step, or a later one, was used before: also by another replica. */
  useStep(userId: string, step: number): Promise<boolean>;
  /** False for a code that is unknown or was used before. */
  useRecoveryCode(userId: string, digest: Buffer): Promise<boolean>;
  /** With its recovery codes. False when there was none that was confirmed; with `enrolledBefore` (ISO 8601), before that time. */
  remove(userId: string, enrolledBefore?: string): Promise<boolean>;
}

/** The context under which a user's secret is sealed. */
export function secondFactorContext(userId: string): string {
  return `second-factor/${userId}`;
}
