import { useQuery } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { Alert, Button, Skeleton } from 'antd';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { fieldMessagesOf, type FieldMessages } from '../../../elements/field-problems';
import { FindingGroups } from '../../../elements/finding-groups';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { FixButton } from '../../migration/parts/fix-button';
import type { DraftKeeper } from '../draft-keeper';
import { withSpec, type Plan, type Spec, type Step } from '../plan';
import { precheckQuery, useFixPrecheck, useStart } from '../queries';
import { texts } from '../texts';
import { CopyPanel } from './copy-panel';
import { EstimateFigures } from './estimate-figures';
import { LayoutPanel } from './layout-panel';
import { PlanSummary } from './plan-summary';

export interface ReviewStepProps {
  plan: Plan;
  keeper: DraftKeeper;
  onStep: (step: Step) => void;
  onSpec: (spec: Spec) => void;
  /** What the API says of fields of the steps before. */
  onMessages: (messages: FieldMessages) => void;
}

/** What the platform finds before anything is begun, what will be done, and the button. */
export function ReviewStep({ plan, keeper, onStep, onSpec, onMessages }: ReviewStepProps) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const { spec } = plan;
  const { data, error, isFetching, refetch } = useQuery(precheckQuery(workspace, plan));
  useEffect(() => onMessages(fieldMessagesOf(error)), [error, onMessages]);
  const fix = useFixPrecheck(workspace, plan);
  const actionOf = ({ code, fix: found }: Schema<'Finding'>) =>
    found && <FixButton fix={found} isBusy={fix.isPending} onFix={(includeUnsafe) => fix.mutate({ code, includeUnsafe })} />;
  const blockers = data?.findings.filter(({ severity }) => severity === 'blocker') ?? [];
  return (
    <div className="review">
      <section aria-label={t.precheck} aria-live="polite" aria-busy={isFetching}>
        <div className="panel-head">
          <h3>{t.precheck}</h3>
          <Button loading={isFetching} onClick={() => void refetch()}>
            {t.checkAgain}
          </Button>
        </div>
        {isFetching && !data && <Skeleton active title={false} />}
        {isFetching && <p className="quiet">{t.checking}</p>}
        {error && !isFetching && (
          <>
            <ProblemView error={error} />
            {fieldMessagesOf(error).length > 0 && <Button onClick={() => onStep('scope')}>{t.toFields}</Button>}
          </>
        )}
        {fix.error && <ProblemView error={fix.error} />}
        {fix.data?.map(({ code, message, hint }) => (
          <Alert key={code} type="error" showIcon title={`${t.fixFailed} ${message}`} description={hint} />
        ))}
        {data && <FindingGroups findings={data.findings} nothing={t.nothingFound} actionOf={actionOf} />}
      </section>
      {data && <EstimateFigures spec={spec} estimate={data.estimate} />}
      {data?.layout && spec.kind === 'host' && (
        <LayoutPanel
          key={JSON.stringify(data.layout)}
          layout={data.layout}
          sizes={spec.host?.sizes}
          onSizes={(sizes) => onSpec(withSpec(spec, { host: { ...spec.host, sizes } }))}
        />
      )}
      <PlanSummary plan={plan} onStep={onStep} />
      <CopyPanel plan={plan} />
      {data && (
        <StartBar plan={plan} keeper={keeper} blockers={blockers.length} fixable={blockers.filter((blocker) => blocker.fix).length} />
      )}
    </div>
  );
}

interface StartBarProps {
  plan: Plan;
  keeper: DraftKeeper;
  blockers: number;
  fixable: number;
}

function StartBar({ plan, keeper, blockers, fixable }: StartBarProps) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const navigate = useNavigate();
  // One wish is one request id, however often its button is pressed; another plan is another wish, and another step draws this anew.
  const [requestId] = useState(() => crypto.randomUUID());
  const { mutateAsync, isPending, error } = useStart(workspace);
  const start = async () => {
    const { id } = await mutateAsync({ plan, requestId });
    // The migration runs; a draft that could not be deleted is only one too many.
    await keeper.remove().catch(() => undefined);
    await navigate(`/migrations/${id}`);
  };
  return (
    <section className="start-bar" aria-label={t.start}>
      <p>{blockers === 0 ? t.startText[plan.spec.cutover?.mode ?? 'manual'] : t.blocked(String(blockers), String(fixable))}</p>
      {error && <ProblemView error={error} />}
      <Button
        type={blockers === 0 ? 'primary' : 'default'}
        size="large"
        loading={isPending}
        disabled={blockers > fixable}
        onClick={() => void start().catch(() => undefined)}
      >
        {blockers === 0 ? t.start : t.startBlocked}
      </Button>
    </section>
  );
}
