import { Button } from 'antd';
import { useInfiniteQuery } from '@tanstack/react-query';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { PhaseBadge } from '../../../elements/state-badges';
import { useTexts } from '../../../language/texts';
import { eventsQuery } from '../queries';
import { texts } from '../texts';

/** What happened to it, newest first; errors with their code and words. */
export function History({ migrationId, workspace }: { migrationId: string; workspace: string }) {
  const t = useTexts(texts);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(eventsQuery(workspace, migrationId));
  const events = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section className="panel" aria-label={t.history}>
      <h2>{t.history}</h2>
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
      {hasNextPage && (
        <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t.more}
        </Button>
      )}
    </section>
  );
}
