import { Button } from 'antd';
import { useEffect } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { AttemptList } from '../../deliveries/parts/attempt-list';
import { useAlertScope } from '../../alerts/scope';
import { useTestChannel, type Channel } from '../queries';
import { texts } from '../texts';

/** Sends a test message at once and whenever asked, and shows what the provider answered. */
export function ChannelTest({ channel: { id } }: { channel: Channel }) {
  const t = useTexts(texts);
  const { mutate, data, error, isPending: isAsked, isIdle } = useTestChannel(useAlertScope());
  const isPending = isAsked || isIdle;
  useEffect(() => mutate(id), [mutate, id]);
  const isTaken = data?.state === 'delivered';
  return (
    <div className="test-view" aria-live="polite" aria-busy={isPending}>
      <p className="test-line">
        <span className="test-state" data-state={isPending ? 'busy' : isTaken ? 'good' : 'bad'}>
          {isPending ? t.testing : isTaken ? t.testTaken : t.testFailed}
        </span>
        <Button size="small" loading={isPending} onClick={() => mutate(id)}>
          {t.testAgain}
        </Button>
      </p>
      {error && <ProblemView error={error} />}
      {data && <AttemptList delivery={data} />}
    </div>
  );
}
