import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { MigrationKind } from '../../elements/kind-icon';
import { useIdentity } from '../../session/use-session';
import { DraftKeeper } from './draft-keeper';
import { KindChoice } from './parts/kind-choice';
import { OpenDraft } from './parts/open-draft';
import { Wizard } from './parts/wizard';
import { emptyPlan, isKind } from './plan';
import { draftStoreOf } from './queries';

/** A migration, step by step. The address names the draft, so that a link to it, a reload, and somebody else go on where it stands. */
export default function NewMigrationPage() {
  const [search] = useSearchParams();
  const [keeper, setKeeper] = useState<DraftKeeper>();
  const [id, kind] = [search.get('draft'), search.get('kind')];
  if (keeper && isOf(keeper, id, kind)) return <Wizard keeper={keeper} />;
  if (id !== null) return <OpenDraft key={id} id={id} onOpen={setKeeper} />;
  return isKind(kind) ? <Begin key={kind} kind={kind} onBegin={setKeeper} /> : <KindChoice />;
}

/** The draft has no id before its first change, and its address none for a moment after. */
function isOf(keeper: DraftKeeper, id: string | null, kind: string | null): boolean {
  const state = keeper.read();
  return id === null ? state.plan.spec.kind === kind : state.id === id;
}

/** Nothing is kept before something was filled in. */
function Begin({ kind, onBegin }: { kind: MigrationKind; onBegin: (keeper: DraftKeeper) => void }) {
  const { workspace } = useIdentity();
  useEffect(() => onBegin(new DraftKeeper(draftStoreOf(workspace), emptyPlan(kind))), [workspace, kind, onBegin]);
  return null;
}
