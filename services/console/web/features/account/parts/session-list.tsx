import { useQuery } from '@tanstack/react-query';
import { Button, Tag } from 'antd';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { agentName } from '../agent-name';
import { sessionsQuery, useEndSession } from '../queries';
import { texts } from '../texts';

/** Where the user is signed in. The session of this page ends by signing out. */
export function SessionList() {
  const t = useTexts(texts);
  const { data, error, refetch } = useQuery(sessionsQuery);
  const end = useEndSession();
  return (
    <section className="panel" aria-label={t.sessions}>
      <h2>{t.sessions}</h2>
      <p className="quiet">{t.sessionsText}</p>
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {end.error && <ProblemView error={end.error} />}
      <ul className="rows">
        {data?.items.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            isEnding={end.isPending && end.variables === session.id}
            onEnd={() => end.mutate(session.id)}
          />
        ))}
      </ul>
    </section>
  );
}

interface SessionRowProps {
  session: Schema<'Session'>;
  isEnding: boolean;
  onEnd: () => void;
}

function SessionRow({ session: { current, userAgent, address, lastUsedAt, endsAt, secondFactor }, isEnding, onEnd }: SessionRowProps) {
  const t = useTexts(texts);
  const name = agentName(userAgent) ?? t.unknownAgent;
  return (
    <li>
      <div>
        <span>
          <strong>{name}</strong> {t.from(address)} {current && <Tag color="success">{t.thisOne}</Tag>}
          {secondFactor && <Tag>{t.withFactor}</Tag>}
        </span>
        {!current && (
          <Button size="small" danger loading={isEnding} aria-label={t.endOf(name)} onClick={onEnd}>
            {t.end}
          </Button>
        )}
      </div>
      <p className="quiet">
        {t.lastUsed} <RelativeTime at={lastUsedAt} /> · {t.ends} <RelativeTime at={endsAt} />
      </p>
    </li>
  );
}
