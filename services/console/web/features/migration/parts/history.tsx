import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { MoreButton } from '../../../elements/more-button';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { PhaseBadge } from '../../../elements/state-badges';
import { useTexts } from '../../../language/texts';
import { eventsQuery } from '../queries';
import { texts } from '../texts';

/** What happened to it, newest first; errors with their code and words. */
export function History({ migrationId, workspace }: { migrationId: string; workspace: string }) {
  const t = useTexts(texts);
  const query = useInfiniteQuery(eventsQuery(workspace, migrationId));
  const { data, error } = query;
  const events = data?.pages.flatMap(({ items }) => items) ?? [];
  // All of them belong to the trace of the call that created the migration.
  const traceId = events.find((event) => event.traceId !== null)?.traceId;
  return (
    <section className="panel" aria-label={t.history}>
      <div className="panel-head">
        <h2>{t.history}</h2>
        {traceId && <Link to={`/traces/${traceId}`}>{t.openTrace}</Link>}
      </div>
      {error && <ProblemView error={error} />}
      {data && events.length === 0 && <p className="quiet">{t.historyNone}</p>}
      <ol className="rows">
        {events.map(({ seq, change, phase, errorCode, errorMessage, at }) => (
          <li key={seq}>
            <div>
              <strong>{t.changes[change] ?? change}</strong>
              <PhaseBadge phase={phase} />
              <span className="row-end quiet">
                <RelativeTime at={at} />
              </span>
            </div>
            {errorCode && (
              <p>
                <code>{errorCode}</code> {errorMessage}
              </p>
            )}
          </li>
        ))}
      </ol>
      <MoreButton query={query}>{t.more}</MoreButton>
    </section>
  );
}
