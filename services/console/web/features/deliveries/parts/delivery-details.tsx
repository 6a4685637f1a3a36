import { Drawer } from 'antd';
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
          {nextAttemptAt && (
            <div>
              <dt>{t.next}</dt>
              <dd>
                <RelativeTime at={nextAttemptAt} />
              </dd>
            </div>
          )}
          {alertIds.length > 0 && (
            <div>
              <dt>{t.alerts}</dt>
              <dd className="lines">
                {alertIds.slice(0, ALERTS_SHOWN).map((alert) => (
                  <PageLink key={alert} to={pathIn(scope, '/alerts', { alert })}>
                    {alert}
                  </PageLink>
                ))}
                {alertIds.length > ALERTS_SHOWN && '…'}
              </dd>
            </div>
          )}
          <div>
            <dt>{t.id}</dt>
            <dd>
              <code>{id}</code>
            </dd>
          </div>
          {traceId && (
            <div>
              <dt>{t.trace}</dt>
              <dd>
                <PageLink to={`/traces/${traceId}`}>
                  <code>{traceId}</code>
                </PageLink>
              </dd>
            </div>
          )}
        </dl>
      </div>
    </Drawer>
  );
}
