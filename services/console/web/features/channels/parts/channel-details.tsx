import { Fact } from '../../../elements/fact';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { PageLink } from '../../../elements/page-link';
import { RelativeTime } from '../../../elements/relative-time';
import { pathIn, useAlertScope } from '../../alerts/scope';
import { SentList } from '../../deliveries/parts/sent-list';
import type { Channel, ChannelType } from '../queries';
import { texts } from '../texts';
import { Health, Quota } from './channel-table';

const LAST = 5;

/** How a channel does, what it is set to, and what was sent by it last. Of its secrets only the names. */
export function ChannelDetails({
  channel,
  type,
  fallback,
}: {
  channel: Channel;
  type: ChannelType | undefined;
  fallback: string | undefined;
}) {
  const t = useTexts(texts);
  const format = useFormats();
  const scope = useAlertScope();
  const { id, settings, secretNames, language, updatedAt } = channel;
  return (
    <div className="alert-details">
      <Health channel={channel} />
      <dl className="facts">
        <Fact name={t.type}>{t.types[channel.type] ?? channel.type}</Fact>
        <Fact name={t.quota}>
          <Quota type={type} />
        </Fact>
        <Fact name={t.messageBytes}>{type && format.bytes(type.messageBytes)}</Fact>
        <Fact name={t.languageShort}>{t.languages[language === 'zh' ? 'zh' : 'en']}</Fact>
        <Fact name={t.fallbackShort}>{fallback ?? t.noFallback}</Fact>
        <Fact name={t.secretNames}>{secretNames.map((name) => t.labels[name] ?? name).join(', ')}</Fact>
        <Fact name={t.changed}>
          <RelativeTime at={updatedAt} />
        </Fact>
      </dl>
      {Object.keys(settings).length > 0 && (
        <section>
          <h3>{t.settings}</h3>
          <dl className="facts">
            {Object.entries(settings).map(([name, value]) => (
              <Fact key={name} name={t.labels[name] ?? name}>
                {shown(value)}
              </Fact>
            ))}
          </dl>
        </section>
      )}
      <section>
        <h3>{t.lastSent}</h3>
        <SentList wanted={{ channelId: id, pageSize: LAST }} none={t.lastSentNone} />
        <PageLink to={pathIn(scope, '/alerts/deliveries', { channel: id })}>{t.allSent}</PageLink>
      </section>
    </div>
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
