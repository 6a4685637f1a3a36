import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { useAlertScope } from '../../alerts/scope';
import { useChannelNames } from '../../channels/queries';
import { deliveriesQuery, type DeliveriesWanted, type Delivery } from '../queries';
import { texts } from '../texts';
import { DeliveryState } from './delivery-state';

export interface SentListProps {
  wanted: DeliveriesWanted;
  /** What stands there while there are none. */
  none: string;
}

/** A few messages, shortly: by which channel, and what came of it. */
export function SentList({ wanted, none }: SentListProps) {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const names = useChannelNames(scope);
  const { data, error } = useQuery(deliveriesQuery(scope, wanted));
  if (error) return <ProblemView error={error} />;
  if (!data) return <Skeleton active title={false} paragraph={{ rows: 2 }} />;
  if (data.items.length === 0) return <p className="quiet">{none}</p>;
  return (
    <ul className="rows sent-list">
      {data.items.map((delivery) => (
        <li key={delivery.id}>
          <div>
            <span className="alert-line">
              <DeliveryState state={delivery.state} />
              <strong>{names(delivery.channelId) ?? t.removedChannel}</strong>
            </span>
            <RelativeTime at={delivery.createdAt} />
          </div>
          <span className="quiet unit">{delivery.title}</span>
          <LastError delivery={delivery} />
        </li>
      ))}
    </ul>
  );
}

function LastError({ delivery: { attempts, state } }: { delivery: Delivery }) {
  const last = attempts.at(-1);
  if (state === 'delivered' || !last?.errorMessage) return null;
  return (
    <span className="unit">
      {last.errorMessage} {last.errorCode && <code>{last.errorCode}</code>}
    </span>
  );
}
