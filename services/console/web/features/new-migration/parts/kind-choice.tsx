import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { Link } from 'react-router';
import { KIND_ICONS, KindLabel, type MigrationKind } from '../../../elements/kind-icon';
import { PageHeader } from '../../../elements/page-header';
import { RelativeTime } from '../../../elements/relative-time';
import { texts as elementTexts } from '../../../elements/texts';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { planOf } from '../plan';
import { draftsQuery, draftStoreOf } from '../queries';
import { texts } from '../texts';

const KINDS: readonly MigrationKind[] = ['host', 'database', 'storage'];

/** What is to be moved, and what somebody has begun already. */
export function KindChoice() {
  const t = useTexts(texts);
  const { kinds } = useTexts(elementTexts);
  return (
    <>
      <PageHeader title={t.title} lead={t.kindLead} />
      <div className="choices">
        {KINDS.map((kind) => {
          const Icon = KIND_ICONS[kind];
          return (
            <Link key={kind} className="panel choice choice-link" data-kind={kind} to={`/migrations/new?kind=${kind}`}>
              <span className="choice-icon" aria-hidden="true">
                <Icon />
              </span>
              <h2>{kinds[kind]}</h2>
              <p>{t.kindTexts[kind]}</p>
            </Link>
          );
        })}
      </div>
      <Drafts />
    </>
  );
}

function Drafts() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const client = useQueryClient();
  const { data } = useQuery(draftsQuery(workspace));
  const drafts = (data?.items ?? []).flatMap((draft) => {
    const plan = planOf(draft.content);
    return plan === null ? [] : [{ ...draft, kind: plan.spec.kind }];
  });
  if (drafts.length === 0) return null;
  const forget = async (id: string) => {
    await draftStoreOf(workspace).remove(id);
    await client.invalidateQueries({ queryKey: draftsQuery(workspace).queryKey });
  };
  return (
    <section className="panel" aria-labelledby="drafts">
      <h2 id="drafts">{t.drafts}</h2>
      <ul className="rows">
        {drafts.map(({ id, name, kind, updatedAt }) => (
          <li key={id}>
            <div className="draft-row">
              <KindLabel kind={kind} />
              <Link to={`/migrations/new?draft=${id}`}>{name}</Link>
              <span className="quiet">
                <RelativeTime at={updatedAt} />
              </span>
              <Button size="small" aria-label={`${t.forget}: ${name}`} onClick={() => void forget(id)}>
                {t.forget}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
