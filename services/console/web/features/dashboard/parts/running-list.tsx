import type { Schema } from '@smartant/contracts/openapi';
import { KindLabel } from '../../../elements/kind-icon';
import { PageLink } from '../../../elements/page-link';
import { PhaseBadge } from '../../../elements/state-badges';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { ProgressBar } from '../../migrations/parts/progress-bar';
import { texts } from '../texts';

export function RunningList({ migrations }: { migrations: readonly Schema<'Migration'>[] }) {
  const t = useTexts(texts);
  const format = useFormats();
  return (
    <section className="panel" aria-labelledby="running">
      <h2 id="running">{t.runningTitle}</h2>
      {migrations.length === 0 && <p className="quiet">{t.runningNone}</p>}
      <ul className="rows">
        {migrations.map((migration) => (
          <li key={migration.id}>
            <div>
              <strong>
                <PageLink to={`/migrations/${migration.id}`}>{migration.name}</PageLink>
              </strong>
              <PhaseBadge phase={migration.phase} />
            </div>
            <div className="quiet">
              <KindLabel kind={migration.spec.kind} />
              <span>{format.bytes(migration.ledger.copiedBytes)}</span>
              <ProgressBar migration={migration} label={t.progress} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
