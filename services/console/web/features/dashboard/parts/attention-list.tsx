import type { Schema } from '@smartant/contracts/openapi';
import { PageLink } from '../../../elements/page-link';
import { StatusBadge } from '../../../elements/state-badges';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

type Migration = Schema<'Migration'>;

/** Each with what it waits for, or why it failed and what to do about it. */
export function AttentionList({ migrations }: { migrations: readonly Migration[] }) {
  const t = useTexts(texts);
  return (
    <section className="panel" aria-labelledby="attention">
      <h2 id="attention">{t.attentionTitle}</h2>
      {migrations.length === 0 && <p className="quiet">{t.attentionNone}</p>}
      <ul className="rows">
        {migrations.map((migration) => (
          <li key={migration.id}>
            <div>
              <strong>
                <PageLink to={`/migrations/${migration.id}`}>{migration.name}</PageLink>
              </strong>
              <StatusBadge status={migration.status} />
            </div>
            <Reason migration={migration} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Reason({ migration: { error, stuck, waitingFor } }: { migration: Migration }) {
  const t = useTexts(texts);
  const trouble = error ?? stuck?.error;
  if (!trouble) return <p className="quiet">{waitingFor && t.waitingFor[waitingFor.reason]}</p>;
  return (
    <p className="quiet">
      {trouble.message} {trouble.hint} <code>{trouble.code}</code>
    </p>
  );
}
