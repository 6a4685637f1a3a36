import { Button } from 'antd';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useSearchParams } from 'react-router';
import { FieldProblems, type FieldMessages } from '../../../elements/field-problems';
import { KindLabel } from '../../../elements/kind-icon';
import { PageHeader } from '../../../elements/page-header';
import { useTexts } from '../../../language/texts';
import type { DraftKeeper } from '../draft-keeper';
import { draftNameOf, openStep, STEPS, type Plan, type Step } from '../plan';
import { texts } from '../texts';
import { EndpointStep } from './endpoint-step';
import { ReviewStep } from './review-step';
import { SavedMark } from './saved-mark';
import { ScopeStep } from './scope-step';
import { StaleNotice } from './stale-notice';
import { StepLine } from './step-line';

/** The four steps. Where one stands is in the address, so that the browser's way back is the step before. */
export function Wizard({ keeper }: { keeper: DraftKeeper }) {
  const t = useTexts(texts);
  const { plan, id, saving, error, theirs } = useSyncExternalStore(keeper.subscribe, keeper.read);
  const { step, go } = useStep(plan, id);
  const [messages, setMessages] = useState<FieldMessages>([]);
  const heading = useRef<HTMLHeadingElement>(null);
  // Whoever reads with a screen reader is at the top of the new step, not at a button that is gone.
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current !== step) heading.current?.focus();
    shown.current = step;
  }, [step]);
  useEffect(() => () => void keeper.save(), [keeper]);
  const change = (part: Partial<Plan>) => {
    setMessages([]);
    keeper.change((before) => ({ ...before, ...part }));
  };
  const move = (to: Step) => {
    void keeper.save();
    go(to);
  };
  const at = STEPS.indexOf(step);
  const [before, next] = [STEPS[at - 1], STEPS[at + 1]];
  const isDone = (step !== 'source' && step !== 'target') || plan[step] !== '';
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} actions={<SavedMark saving={saving} error={error} onRetry={() => void keeper.save()} />} />
      {theirs && <StaleNotice keeper={keeper} mine={plan} theirs={theirs} />}
      <StepLine plan={plan} step={step} blamed={messages.length > 0 ? 'scope' : undefined} onStep={move} />
      <FieldProblems value={messages}>
        <section className="panel wizard-step" aria-labelledby="wizard-step">
          <div className="panel-head">
            <div>
              <h2 id="wizard-step" ref={heading} tabIndex={-1}>
                {t.steps[step]}
              </h2>
              <p className="quiet">{t.stepTexts[step]}</p>
            </div>
            <KindLabel kind={plan.spec.kind} />
          </div>
          {(step === 'source' || step === 'target') && (
            <EndpointStep key={step} side={step} kind={plan.spec.kind} chosen={plan[step]} onChoose={(name) => change({ [step]: name })} />
          )}
          {step === 'scope' && <ScopeStep plan={plan} onChange={change} />}
          {step === 'review' && (
            <ReviewStep plan={plan} keeper={keeper} onStep={move} onSpec={(spec) => change({ spec })} onMessages={setMessages} />
          )}
        </section>
      </FieldProblems>
      <nav className="wizard-actions" aria-label={t.ways}>
        {before && <Button onClick={() => move(before)}>{t.back}</Button>}
        {next && (
          <Button type="primary" disabled={!isDone} onClick={() => move(next)}>
            {t.next(t.steps[next])}
          </Button>
        )}
        <span className="quiet">{draftNameOf(plan) !== plan.spec.kind && draftNameOf(plan)}</span>
      </nav>
    </>
  );
}

/** The step of the address; a draft that is opened without one goes on at what is not done yet. */
function useStep(plan: Plan, id: string | undefined) {
  const [search, setSearch] = useSearchParams();
  const [first] = useState(() => openStep(plan));
  const asked = STEPS.find((each) => each === search.get('step')) ?? first;
  const reached = STEPS.indexOf(openStep(plan));
  const step = STEPS.indexOf(asked) > reached && openStep(plan) !== 'scope' ? openStep(plan) : asked;
  const address = (to: Step): Record<string, string> => (id === undefined ? { kind: plan.spec.kind, step: to } : { draft: id, step: to });
  const draftInAddress = search.get('draft');
  useEffect(() => {
    if (id !== undefined && draftInAddress !== id) setSearch({ draft: id, step }, { replace: true });
  }, [id, draftInAddress, step, setSearch]);
  return { step, go: (to: Step) => setSearch(address(to)) };
}
