import { useId } from 'react';
import { Link } from 'react-router';
import { RelativeTime } from '../../../elements/relative-time';
import { StatusDot } from '../../../elements/state-badges';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { logsAddress } from '../../records/log-search';
import type { PlatformService, ServiceInstance } from '../queries';
import { texts } from '../texts';

/** Dots of the statuses of migrations: what they say is the same. */
const DOTS = { healthy: 'succeeded', degraded: 'waiting', down: 'failed', absent: 'cancelled' } as const;
const INSTANCE_DOTS = { ready: 'succeeded', unready: 'waiting', silent: 'failed' } as const;

export function ServiceCard({ service: { service, health, versions, instances, lastSeenAt } }: { service: PlatformService }) {
  const t = useTexts(texts);
  const titleId = useId();
  return (
    <section className="panel service" aria-labelledby={titleId}>
      <div className="panel-head">
        <h3 id={titleId}>{service}</h3>
        <StatusDot status={DOTS[health]}>{t.health[health]}</StatusDot>
      </div>
      {versions.length > 0 && <Versions versions={versions} />}
      <ul className="instances" aria-label={t.instancesOf(service)}>
        {instances.map((instance) => (
          <Instance key={instance.instance} instance={instance} />
        ))}
      </ul>
      <p className="footnote">
        {lastSeenAt === null && t.neverSeen} <Link to={logsAddress({ service, scope: 'platform' })}>{t.logsOf(service)}</Link>
      </p>
    </section>
  );
}

/** More than one is a canary on its way: how many instances it has, and how much of the calls it gets. */
function Versions({ versions }: { versions: PlatformService['versions'] }) {
  const t = useTexts(texts);
  const format = useFormats();
  return (
    <ul className="versions" aria-label={t.versions}>
      {versions.map(({ version, instances, callShare }) => (
        <li key={version}>
          <span>
            <code>{version || t.noVersion}</code> {t.instances(format.count(instances))}
          </span>
          {versions.length > 1 && callShare !== null && (
            <span className="share">
              <progress value={callShare} max={1} aria-label={t.shareOf(version)} />
              {t.share(format.percent(callShare))}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Instance({ instance: { host, version, state, problems, callsPerMinute, startedAt, seenAt } }: { instance: ServiceInstance }) {
  const t = useTexts(texts);
  const format = useFormats();
  return (
    <li>
      <div className="instance-line">
        <StatusDot status={INSTANCE_DOTS[state]}>{t.states[state]}</StatusDot>
        <code className="unit">{host}</code>
        <code>{version}</code>
      </div>
      <p className="quiet">
        {t.seen} <RelativeTime at={seenAt} /> · {t.started} <RelativeTime at={startedAt} /> · {t.calls(format.count(callsPerMinute))}
      </p>
      {problems.length > 0 && (
        <ul className="problems">
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </li>
  );
}
