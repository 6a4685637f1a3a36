import CheckOutlined from '@ant-design/icons/CheckOutlined';
import { useTexts } from '../../../language/texts';
import { openStep, STEPS, type Plan, type Step } from '../plan';
import { texts } from '../texts';

export interface StepLineProps {
  plan: Plan;
  step: Step;
  /** Where the API has found something wrong. */
  blamed: Step | undefined;
  onStep: (step: Step) => void;
}

export function StepLine({ plan, step, blamed, onStep }: StepLineProps) {
  const t = useTexts(texts);
  const at = STEPS.indexOf(step);
  const open = openStep(plan);
  const reached = open === 'scope' ? STEPS.length - 1 : STEPS.indexOf(open);
  const detailOf = (each: Step) => (each === 'source' || each === 'target' ? plan[each] : '');
  return (
    <ol className="step-line" aria-label={t.stepsLabel}>
      {STEPS.map((each, index) => {
        const isDone = index < at && each !== blamed;
        return (
          <li key={each} data-state={each === blamed ? 'blamed' : index === at ? 'now' : isDone ? 'done' : 'ahead'}>
            <button type="button" disabled={index > reached} aria-current={index === at ? 'step' : undefined} onClick={() => onStep(each)}>
              <span className="step-mark" aria-hidden="true">
                {isDone ? <CheckOutlined /> : index + 1}
              </span>
              <span className="step-name">
                <strong>{t.stepNames[each]}</strong>
                {detailOf(each) !== '' && <span>{detailOf(each)}</span>}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
