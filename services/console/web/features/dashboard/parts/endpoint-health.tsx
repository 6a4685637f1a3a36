import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { PageLink } from '../../../elements/page-link';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { StatusDot } from '../../../elements/state-badges';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { endpointHealthQuery } from '../health-queries';
import { texts } from '../texts';

export interface EndpointHealthProps {
  /** Null: of all workspaces. */
  workspace: string | null;
  title: string;
}

/** Which places that are in use can't be reached, since when, and why. */
export function EndpointHealth({ workspace, title }: EndpointHealthProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const titleId = useId();
  const { data, error } = useQuery(endpointHealthQuery(workspace));
  const items = data?.items ?? [];
  const failing = items.filter(({ failingSince }) => failingSince !== null);
  return (
    <section className="panel" aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      {error && <ProblemView error={error} />}
      {data && (
        <p className="quiet">
          {items.length === 0
            ? t.endpointsUnused
            : t.endpointsReached(format.count(items.length - failing.length), format.count(items.length))}
        </p>
      )}
      <ul className="rows">
        {failing.map(({ endpointId, name, failingSince, error: reason }) => (
          <li key={endpointId}>
            <div>
              <strong>
                <PageLink to="/endpoints">{name}</PageLink>
              </strong>
              <StatusDot status="failed">
                {t.failingSince} {failingSince && <RelativeTime at={failingSince} />}
              </StatusDot>
            </div>
            {reason && (
              <p className="quiet">
                {reason.message} {reason.hint} <code>{reason.code}</code>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
