/** `master-key`: data keys are wrapped under the current key. `data-keys`: values are also sealed under fresh data keys. */
export type RotationKind = 'master-key' | 'data-keys';

/** A walk over all sealed values, and how far it is. */
export interface Rotation {
  id: string;
  kind: RotationKind;
  /** What values are brought under. A replica that wraps under another key does not take part. */
  targetKeyId: string;
  /** `superseded`: another rotation was asked for that also does what was left of this one. */
  state: 'running' | 'done' | 'superseded';
  requestedBy: string;
  createdAt: string;
  finishedAt: string | null;
  /** Values that were to be changed when it was asked for. */
  total: number;
  /** Of these, how many are: by it, or by who changed them meanwhile. */
  done: number;
  /** Values that this pass could not open. */
  failed: number;
  /** 0: the walk over everything. Later ones look for what was sealed under another key meanwhile. */
  pass: number;
  /** Area and id of the last value that is settled in this pass; null at its beginning. */
  area: string | null;
  afterId: string | null;
  /** Consecutive attempts that came to nothing. */
  attempts: number;
  lastError: { code: string; message: string } | null;
}

/** What a step of it changes. */
export type RotationProgress = Pick<Rotation, 'done' | 'failed' | 'pass' | 'area' | 'afterId' | 'lastError'>;

export interface RotationStore {
  latest(): Promise<Rotation | null>;
  /** The one that runs, its row locked until the transaction ends. */
  lockRunning(): Promise<Rotation | null>;
  /** False, and nothing stored: another one runs. */
  insert(rotation: Rotation): Promise<boolean>;
  supersede(id: string): Promise<void>;
  /** Takes the running one whose target this is, if nobody holds it and it is due. By the database's clock. */
  claim(token: string, claimMs: number, targetKeyId: string): Promise<Rotation | null>;
  /** Stores how far it is and lengthens the claim. False: it was lost, or the rotation superseded. */
  save(id: string, token: string, claimMs: number, progress: RotationProgress): Promise<boolean>;
  /** Gives the claim up after something that may pass; the next attempt is due then. */
  release(id: string, token: string, dueInMs: number, error: Rotation['lastError']): Promise<void>;
  finish(id: string, token: string): Promise<boolean>;
}
