import type { Schema } from '@smartant/contracts/openapi';
import { texts as elementTexts } from '../../../elements/texts';
import { useNow } from '../../../elements/use-now';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { phaseLine, type PhaseStep } from '../phase-line';
import { texts } from '../texts';

export function PhaseTimeline({ migration }: { migration: Schema<'Migration'> }) {
  const t = useTexts(texts);
  return (
    <ol className="phase-line" aria-label={t.timeline}>
      {phaseLine(migration).map((step) => (
        <Step key={step.phase} step={step} />
      ))}
    </ol>
  );
}

function Step({ step }: { step: PhaseStep }) {
  const t = useTexts(texts);
  const { phases } = useTexts(elementTexts);
  return (
    <li data-state={step.state} aria-current={step.state === 'now' ? 'step' : undefined}>
      <strong>{phases[step.phase]}</strong>
      <span className="quiet">
        <Took step={step} />
        {step.rounds > 1 && ` · ${t.round(step.rounds)}`}
      </span>
    </li>
  );
}

function Took({ step: { startedAt, finishedAt, phase } }: { step: PhaseStep }) {
  const format = useFormats();
  const now = useNow();
  if (startedAt === null || phase === 'done') return null;
  return format.duration(((finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt)) / 1_000);
}
