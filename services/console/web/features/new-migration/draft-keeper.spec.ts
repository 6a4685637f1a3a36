import type { Schema } from '@smartant/contracts/openapi';
import { ApiProblem } from '../../api/api-problem';
import { DraftKeeper, type DraftStore } from './draft-keeper';
import { emptyPlan, planOf } from './plan';

type Draft = Schema<'MigrationDraft'>;

/** Keeps one draft by the rules of the API: a change of another version is refused. */
class OneDraft implements DraftStore {
  draft: Draft | undefined;
  isAway = false;

  async create(body: Schema<'DraftRequest'>): Promise<Draft> {
    if (this.isAway) throw problem('CONSOLE_API_UNREACHABLE', true);
    const at = new Date(0).toISOString();
    this.draft = { ...body, id: 'draft_1', workspaceId: 'ws', createdBy: 'me', updatedBy: 'me', version: 1, createdAt: at, updatedAt: at };
    return this.draft;
  }

  async change(_id: string, version: number, body: Schema<'DraftRequest'>): Promise<Draft> {
    if (version !== this.draft!.version) throw problem('DRAFT_VERSION_MISMATCH', false);
    this.draft = { ...this.draft!, ...body, version: version + 1 };
    return this.draft;
  }

  async read(): Promise<Draft> {
    return this.draft!;
  }

  async remove(): Promise<void> {
    this.draft = undefined;
  }

  /** As somebody else does, at another screen. */
  changeBeside(source: string): void {
    this.draft = { ...this.draft!, content: { ...this.draft!.content, source }, updatedBy: 'other', version: this.draft!.version + 1 };
  }
}

const problem = (code: string, retryable: boolean) =>
  new ApiProblem({ type: 'about:blank', title: '', status: 409, detail: code, code, docs: '', retryable, traceId: '' });
const withSource = (source: string) => (plan: ReturnType<typeof emptyPlan>) => ({ ...plan, source });

const store = new OneDraft();
let keeper: DraftKeeper;
beforeEach(() => {
  store.draft = undefined;
  store.isAway = false;
  keeper = new DraftKeeper(store, emptyPlan('storage'));
});

it('makes no draft before something was filled in', async () => {
  await keeper.save();
  expect(store.draft).toBeUndefined();
  keeper.change(withSource('old'));
  await keeper.save();
  expect(keeper.read()).toMatchObject({ id: 'draft_1', saving: 'done' });
  expect(planOf(store.draft!.content)).toEqual({ name: '', source: 'old', target: '', spec: { kind: 'storage' } });
});

it('saves what was changed while it was saving', async () => {
  keeper.change(withSource('old'));
  const first = keeper.save();
  keeper.change(withSource('older'));
  await Promise.all([first, keeper.save()]);
  expect(store.draft).toMatchObject({ version: 2, content: { source: 'older' } });
});

it('keeps what could not be saved, and saves it when it is asked again', async () => {
  store.isAway = true;
  keeper.change(withSource('old'));
  await keeper.save();
  expect(keeper.read()).toMatchObject({ saving: 'failed', plan: { source: 'old' } });
  store.isAway = false;
  await keeper.save();
  expect(keeper.read().saving).toBe('done');
});

describe('when somebody else has saved it', () => {
  beforeEach(async () => {
    keeper.change(withSource('old'));
    await keeper.save();
    store.changeBeside('theirs');
    keeper.change(withSource('mine'));
    await keeper.save();
  });

  it('overwrites nothing, and says so', async () => {
    expect(keeper.read()).toMatchObject({ saving: 'stale', theirs: { updatedBy: 'other' }, plan: { source: 'mine' } });
    keeper.change(withSource('mine still'));
    await keeper.save();
    expect(store.draft?.content).toMatchObject({ source: 'theirs' });
  });

  it.each([
    ['theirs', false],
    ['mine', true],
  ])('goes on with %s', async (source, isMine) => {
    const { plan, theirs } = keeper.read();
    await keeper.settle(theirs!, isMine ? plan : planOf(theirs!.content)!, isMine);
    expect(keeper.read()).toMatchObject({ saving: 'done', plan: { source } });
    expect(store.draft?.content).toMatchObject({ source });
    keeper.change(withSource('next'));
    await keeper.save();
    expect(store.draft?.content).toMatchObject({ source: 'next' });
  });
});

it('is deleted when the migration has begun, and not made again by what was typed last', async () => {
  keeper.change(withSource('old'));
  await keeper.save();
  keeper.change(withSource('last'));
  await keeper.remove();
  await keeper.save();
  expect(store.draft).toBeUndefined();
});
