import { Button } from 'antd';
import { useEffect } from 'react';
import { FindingGroups } from '../../../elements/finding-groups';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { useChangeEndpoint, useTestEndpoint, type Endpoint } from '../queries';
import { shownKey } from '../shown-key';
import { texts } from '../texts';

/** Reaches an endpoint and signs in, at once and whenever asked; a host whose key is not known yet can be trusted here. */
export function TestView({ endpoint }: { endpoint: Endpoint }) {
  const t = useTexts(texts);
  const format = useFormats();
  const { workspace } = useIdentity();
  const { mutate, data, error, isPending: isAsked, isIdle } = useTestEndpoint(workspace);
  const isPending = isAsked || isIdle;
  const trust = useChangeEndpoint(workspace);
  const test = () => mutate(endpoint.id);
  useEffect(() => mutate(endpoint.id), [mutate, endpoint.id]);
  const { location } = endpoint;
  const trustKey = (key: string) => {
    if (location.kind === 'ssh')
      trust.mutate({ id: endpoint.id, change: { location: { ...location, hostKeys: [key] } } }, { onSuccess: test });
  };
  return (
    <div className="test-view" aria-live="polite" aria-busy={isPending}>
      <p className="test-line">
        <span className="test-state" data-state={isPending ? 'busy' : data?.reachable ? 'good' : 'bad'}>
          {isPending ? t.testing : data?.reachable ? t.reachable(format.count(Math.round(data.roundTripMs))) : t.unreachable}
        </span>
        <Button size="small" loading={isPending} onClick={test}>
          {t.test}
        </Button>
      </p>
      {error && <ProblemView error={error} />}
      {trust.error && <ProblemView error={trust.error} />}
      {data && (data.findings.length > 0 || !data.reachable) && (
        <FindingGroups
          findings={data.findings}
          nothing={t.nothingFound}
          actionOf={(finding) => {
            const key = shownKey(finding);
            return (
              key && (
                <Button size="small" loading={trust.isPending} onClick={() => trustKey(key)}>
                  {t.trustKey(key)}
                </Button>
              )
            );
          }}
        />
      )}
    </div>
  );
}
