import { Drawer } from 'antd';
import { Fact } from '../../../elements/fact';
import { PageLink } from '../../../elements/page-link';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { pathIn, useAlertScope } from '../../alerts/scope';
import type { Delivery } from '../queries';
import { texts } from '../texts';
import { AttemptList } from './attempt-list';
import { DeliveryState } from './delivery-state';
import { ResendButton } from './delivery-table';

export interface DeliveryDetailsProps {
  delivery: Delivery;
  channelName: string | undefined;
  mayOperate: boolean;
  onClose: () => void;
}

const WIDTH = 600;
const ALERTS_SHOWN = 10;

/** One message: what it was about, and each attempt to bring it there. */
export function DeliveryDetails({ delivery, channelName, mayOperate, onClose }: DeliveryDetailsProps) {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const { title, state, alertIds, nextAttemptAt, traceId, id } = delivery;
  return (
    <Drawer open size={WIDTH} title={title} aria-label={t.details(title)} closable={{ 'aria-label': t.close }} onClose={onClose}>
      <div className="drawer-part">
        <p className="alert-line">
          <DeliveryState state={state} />
          {channelName ?? t.removedChannel}
          {mayOperate && <ResendButton delivery={delivery} />}
        </p>
        <AttemptList delivery={delivery} />
        <dl className="facts">
          <Fact name={t.next}>{nextAttemptAt && <RelativeTime at={nextAttemptAt} />}</Fact>
          <Fact name={t.alerts}>
            {alertIds.length > 0 && (
              <span className="lines">
                {alertIds.slice(0, ALERTS_SHOWN).map((alert) => (
                  <PageLink key={alert} to={pathIn(scope, '/alerts', { alert })}>
                    {alert}
                  </PageLink>
                ))}
                {alertIds.length > ALERTS_SHOWN && '…'}
              </span>
            )}
          </Fact>
          <Fact name={t.id}>
            <code>{id}</code>
          </Fact>
          <Fact name={t.trace}>
            {traceId && (
              <PageLink to={`/traces/${traceId}`}>
                <code>{traceId}</code>
              </PageLink>
            )}
          </Fact>
        </dl>
      </div>
    </Drawer>
  );
}
