import type { Schema } from '@smartant/contracts/openapi';
import { toProblem } from '../../api/api-problem';
import { draftNameOf, type Plan } from './plan';

type Draft = Schema<'MigrationDraft'>;
type DraftBody = Schema<'DraftRequest'>;

/** Where drafts are kept. Each raises ApiProblem. */
export interface DraftStore {
  create(body: DraftBody): Promise<Draft>;
  /** Refused with DRAFT_VERSION_MISMATCH where somebody else changed it since `version`. */
  change(id: string, version: number, body: DraftBody): Promise<Draft>;
  read(id: string): Promise<Draft>;
  remove(id: string): Promise<void>;
}

export interface DraftState {
  plan: Plan;
  /** Undefined until the first change has been saved. */
  id: string | undefined;
  saving: 'no' | 'busy' | 'done' | 'failed' | 'stale';
  error: unknown;
  /** What somebody else made of it meanwhile; of `stale`. */
  theirs: Draft | undefined;
}

const QUIET_MS = 400;

/** Saves what is filled in while it is filled in, one request at a time, and never over what somebody else has saved. */
export class DraftKeeper {
  #state: DraftState;
  #version: number;
  #unsaved = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly store: DraftStore,
    plan: Plan,
    draft?: Draft,
  ) {
    this.#state = { plan, id: draft?.id, saving: draft ? 'done' : 'no', error: undefined, theirs: undefined };
    this.#version = draft?.version ?? 0;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): DraftState => this.#state;

  /** Takes a change at once, and saves it when there has been none for a moment. */
  change(update: (plan: Plan) => Plan): void {
    this.#become({ plan: update(this.#state.plan) });
    this.#unsaved = true;
    clearTimeout(this.#timer);
    if (this.#state.saving !== 'stale') this.#timer = setTimeout(() => void this.save(), QUIET_MS);
  }

  /** Resolves when all that was changed is saved, or could not be. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    if (!this.#unsaved || this.#state.saving === 'stale') return;
    this.#saving = this.#send().finally(() => (this.#saving = undefined));
    await this.#saving;
  }

  /** Goes on with this version: theirs as it is, or one's own in its place. */
  async settle(theirs: Draft, plan: Plan, isMine: boolean): Promise<void> {
    this.#version = theirs.version;
    this.#unsaved = isMine;
    this.#become({ plan, saving: 'done', theirs: undefined, error: undefined });
    await this.save();
  }

  /** Of no use any more: the migration has begun. */
  async remove(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    this.#unsaved = false;
    if (this.#state.id !== undefined) await this.store.remove(this.#state.id);
  }

  async #send(): Promise<void> {
    const { plan, id } = this.#state;
    const body = { name: draftNameOf(plan).slice(0, 120), content: { ...plan } };
    this.#unsaved = false;
    this.#become({ saving: 'busy', error: undefined });
    try {
      const draft = id === undefined ? await this.store.create(body) : await this.store.change(id, this.#version, body);
      this.#version = draft.version;
      this.#become({ id: draft.id, saving: 'done' });
    } catch (error) {
      this.#unsaved = true;
      await this.#fail(error, id);
    }
  }

  async #fail(error: unknown, id: string | undefined): Promise<void> {
    if (id === undefined || toProblem(error).code !== 'DRAFT_VERSION_MISMATCH') return this.#become({ saving: 'failed', error });
    try {
      this.#become({ saving: 'stale', theirs: await this.store.read(id) });
    } catch (reason) {
      this.#become({ saving: 'failed', error: reason });
    }
  }

  #become(change: Partial<DraftState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
