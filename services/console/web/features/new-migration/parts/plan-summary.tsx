import { Button } from 'antd';
import { useTexts } from '../../../language/texts';
import { plainLines } from '../plain-lines';
import type { Plan, Step } from '../plan';
import { texts } from '../texts';

/** What was chosen, and the way back to it. What is not listed is the default. */
export function PlanSummary({ plan, onStep }: { plan: Plan; onStep: (step: Step) => void }) {
  const t = useTexts(texts);
  const { source, target, name, spec } = plan;
  const { kind, ...rest } = spec;
  const lines = plainLines(rest);
  const row = (label: string, value: string, step: Step) => (
    <div key={label}>
      <dt>{label}</dt>
      <dd>
        {value}{' '}
        <Button size="small" type="link" aria-label={`${t.edit}: ${label}`} onClick={() => onStep(step)}>
          {t.edit}
        </Button>
      </dd>
    </div>
  );
  return (
    <section aria-label={t.summary}>
      <h3>{t.summary}</h3>
      <dl className="summary" data-kind={kind}>
        {row(t.stepNames.source, source, 'source')}
        {row(t.stepNames.target, target, 'target')}
        {row(t.migrationName, name.trim() || t.byItself, 'scope')}
        {row(t.chosenOptions, lines.length === 0 ? t.allDefaults : t.notDefault(String(lines.length)), 'scope')}
      </dl>
      {lines.length > 0 && (
        <ul className="plain-lines">
          {lines.map(([path, value]) => (
            <li key={path}>
              <code>{path}</code> {value}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
