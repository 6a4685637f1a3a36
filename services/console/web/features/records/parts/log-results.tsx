import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { MoreButton } from '../../../elements/more-button';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { logsQuery, type LogFilter, type LogLine, type LogScope } from '../queries';
import { texts } from '../texts';
import '../records.css';
import { LineDetails } from './line-details';
import { LogList } from './log-list';

export interface LogResultsProps {
  scope: LogScope;
  filter: LogFilter;
  isFollowed?: boolean;
}

/** The lines that fit, more of them on demand, and one of them in full. */
export function LogResults({ scope, filter, isFollowed = false }: LogResultsProps) {
  const t = useTexts(texts);
  const query = useInfiniteQuery(logsQuery(scope, filter, isFollowed));
  const [opened, setOpened] = useState<LogLine | null>(null);
  const lines = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div className="log-results">
      {query.error && <ProblemView error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending ? (
        <p className="log-none quiet" role="status">
          {t.searching}
        </p>
      ) : (
        !query.error && <LogList lines={lines} none={t.noLines} onOpen={setOpened} />
      )}
      <MoreButton query={query}>{t.older}</MoreButton>
      {opened && <LineDetails line={opened} onClose={() => setOpened(null)} />}
    </div>
  );
}
