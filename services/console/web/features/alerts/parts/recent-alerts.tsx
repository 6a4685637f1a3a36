import { useQuery } from '@tanstack/react-query';
import { PageLink } from '../../../elements/page-link';
import { RelativeTime } from '../../../elements/relative-time';
import { useLanguage, useTexts } from '../../../language/texts';
import '../../../look/alerting.css';
import { saidBy, subjectOf, titleOf } from '../alert-words';
import { alertsQuery, type Alert } from '../queries';
import { useWorkspaceScope } from '../scope';
import { texts } from '../texts';
import { AlertState, SeverityBadge } from './alert-badges';

const SHOWN = 5;

/** The newest alerts that fire, for the overview. */
export default function RecentAlerts() {
  const t = useTexts(texts);
  const scope = useWorkspaceScope();
  const { data, isSuccess } = useQuery(alertsQuery(scope, { status: 'firing', pageSize: SHOWN }));
  if (!isSuccess) return null;
  return (
    <section className="panel" aria-labelledby="recent-alerts">
      <div className="panel-head">
        <h2 id="recent-alerts">{t.recent}</h2>
        <PageLink to="/alerts">{t.allAlerts}</PageLink>
      </div>
      {data.items.length === 0 && <p className="quiet">{t.recentNone}</p>}
      <ul className="rows">
        {data.items.map((alert) => (
          <RecentAlert key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  );
}

function RecentAlert({ alert }: { alert: Alert }) {
  const { language } = useLanguage();
  const [subject, said] = [subjectOf(alert), saidBy(alert)];
  return (
    <li>
      <div>
        <span className="alert-line">
          <SeverityBadge severity={alert.severity} />
          <strong>
            <PageLink to={`/alerts?alert=${alert.id}`}>{titleOf(alert, language)}</PageLink>
          </strong>
          {subject}
        </span>
        <span className="alert-line">
          <AlertState alert={alert} />
          <RelativeTime at={alert.startsAt} />
        </span>
      </div>
      {said && <p className="quiet unit">{said}</p>}
    </li>
  );
}
