import { useQuery } from '@tanstack/react-query';
import { Drawer, Skeleton } from 'antd';
import { Fact } from '../../../elements/fact';
import { PageLink } from '../../../elements/page-link';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useFormats } from '../../../language/format';
import { useLanguage, useTexts } from '../../../language/texts';
import { SentList } from '../../deliveries/parts/sent-list';
import { adviceFor, runbookOf, saidBy, titleOf } from '../alert-words';
import { alertQuery, type Alert } from '../queries';
import { pathIn, useAlertScope } from '../scope';
import { texts } from '../texts';
import { AlertState, SeverityBadge } from './alert-badges';
import { AlertActs, type AlertAct } from './alert-table';

export interface AlertDetailsProps {
  id: string;
  mayOperate: boolean;
  onAct: (act: AlertAct, alert: Alert) => void;
  onClose: () => void;
}

const WIDTH = 640;

/** All of one alert: what to do about it, where it belongs, and who was told. */
export function AlertDetails({ id, mayOperate, onAct, onClose }: AlertDetailsProps) {
  const t = useTexts(texts);
  const { language } = useLanguage();
  const { data: alert, error, refetch } = useQuery(alertQuery(useAlertScope(), id));
  const title = alert ? titleOf(alert, language) : id;
  return (
    <Drawer open size={WIDTH} title={title} aria-label={t.details(title)} closable={{ 'aria-label': t.close }} onClose={onClose}>
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {alert ? (
        <div className="alert-details">
          <p className="alert-line">
            <SeverityBadge severity={alert.severity} />
            <AlertState alert={alert} />
            {mayOperate && <AlertActs alert={alert} onAct={onAct} />}
          </p>
          <Words alert={alert} />
          <Facts alert={alert} />
          <Texts title={t.labels} texts={alert.labels} />
          <Texts title={t.annotations} texts={alert.annotations} />
          <Sent alert={alert} />
        </div>
      ) : (
        !error && <Skeleton active />
      )}
    </Drawer>
  );
}

function Words({ alert }: { alert: Alert }) {
  const t = useTexts(texts);
  const { language } = useLanguage();
  const [said, advice] = [saidBy(alert), adviceFor(alert, language)];
  return (
    <>
      {said && <p className="unit">{said}</p>}
      {advice && (
        <section className="advice" aria-label={t.advice}>
          <h3>{t.advice}</h3>
          <p className="unit">{advice}</p>
        </section>
      )}
    </>
  );
}

function Facts({ alert }: { alert: Alert }) {
  const t = useTexts(texts);
  const format = useFormats();
  const scope = useAlertScope();
  const { startsAt, endsAt, acknowledgedBy, acknowledgedAt, silenceIds, source, migrationId, traceId, labels } = alert;
  const runbook = runbookOf(alert);
  return (
    <dl className="facts">
      <Fact name={t.facts.since}>{format.absolute(Date.parse(startsAt))}</Fact>
      <Fact name={t.facts.until}>{endsAt && format.absolute(Date.parse(endsAt))}</Fact>
      <Fact name={t.facts.acknowledged}>
        {acknowledgedAt && (
          <>
            {acknowledgedBy} · <RelativeTime at={acknowledgedAt} />
          </>
        )}
      </Fact>
      <Fact name={t.facts.silences}>
        {silenceIds.length > 0 && <PageLink to={pathIn(scope, '/alerts/silences', { state: 'active' })}>{silenceIds.join(', ')}</PageLink>}
      </Fact>
      <Fact name={t.facts.source}>{t.sources[source] ?? source}</Fact>
      <Fact name={t.facts.migration}>
        {migrationId && <PageLink to={`/migrations/${migrationId}`}>{labels['migration'] ?? migrationId}</PageLink>}
      </Fact>
      <Fact name={t.facts.endpoint}>{labels['endpoint'] && <PageLink to="/endpoints">{labels['endpoint']}</PageLink>}</Fact>
      <Fact name={t.facts.runbook}>
        {runbook && (
          <a href={runbook} target="_blank" rel="noreferrer noopener">
            {runbook}
          </a>
        )}
      </Fact>
      <Fact name={t.facts.trace}>
        {traceId && (
          <PageLink to={`/traces/${traceId}`}>
            <code>{traceId}</code>
          </PageLink>
        )}
      </Fact>
      <Fact name={t.facts.fingerprint}>
        <code>{alert.fingerprint}</code>
      </Fact>
    </dl>
  );
}

function Texts({ title, texts: given }: { title: string; texts: Record<string, string> }) {
  const entries = Object.entries(given);
  if (entries.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl className="facts">
        {entries.map(([name, text]) => (
          <Fact key={name} name={name}>
            {text}
          </Fact>
        ))}
      </dl>
    </section>
  );
}

function Sent({ alert }: { alert: Alert }) {
  const t = useTexts(texts);
  const scope = useAlertScope();
  return (
    <section>
      <h3>{t.sent}</h3>
      <SentList wanted={{ alertId: alert.id, pageSize: 5 }} none={t.sentNone} />
      <PageLink to={pathIn(scope, '/alerts/deliveries', { of: alert.id })}>{t.allSent}</PageLink>
    </section>
  );
}
