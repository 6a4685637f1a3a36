import { useId, type ReactNode } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { PageLink } from '../../../elements/page-link';

type Migration = Schema<'Migration'>;

export interface MigrationPanelProps {
  title: string;
  /** What stands there while there are none. */
  none: string;
  migrations: readonly Migration[];
  /** Beside the name. */
  badge: (migration: Migration) => ReactNode;
  /** Below it. */
  children: (migration: Migration) => ReactNode;
}

/** A few migrations, each with a link to its page. */
export function MigrationPanel({ title, none, migrations, badge, children }: MigrationPanelProps) {
  const titleId = useId();
  return (
    <section className="panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      {migrations.length === 0 && <p className="quiet">{none}</p>}
      <ul className="rows">
        {migrations.map((migration) => (
          <li key={migration.id}>
            <div>
              <strong>
                <PageLink to={`/migrations/${migration.id}`}>{migration.name}</PageLink>
              </strong>
              {badge(migration)}
            </div>
            {children(migration)}
          </li>
        ))}
      </ul>
    </section>
  );
}
