import { Button, Slider } from 'antd';
import { useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { useLimits } from '../queries';
import { fromStep, STEPS, toStep, type Scale } from '../limit-steps';
import { texts } from '../texts';

type Limit = keyof typeof STEPS;
const LIMITS: readonly Limit[] = ['bytesPerSecond', 'requestsPerSecond', 'concurrency'];

/** Bandwidth, requests and parallel work, changed while it runs. */
export function LimitsPanel({ migration, workspace }: { migration: Schema<'Migration'>; workspace: string }) {
  const t = useTexts(texts);
  const [wanted, setWanted] = useState<Partial<Record<Limit, number>>>({});
  const { mutate, isPending, error } = useLimits(workspace, migration.id);
  const apply = () => mutate({ limits: wanted, version: migration.version }, { onSuccess: () => setWanted({}) });
  return (
    <section className="panel" aria-label={t.limits}>
      <h2>{t.limits}</h2>
      <p className="quiet">{t.limitsText}</p>
      {LIMITS.map((limit) => (
        <LimitSlider
          key={limit}
          scale={STEPS[limit]}
          limit={limit}
          value={wanted[limit] ?? migration.spec.limits[limit]}
          onChange={(value) => setWanted((before) => ({ ...before, [limit]: value }))}
        />
      ))}
      <Button disabled={Object.keys(wanted).length === 0} loading={isPending} onClick={apply}>
        {t.save}
      </Button>
      {error && <ProblemView error={error} />}
    </section>
  );
}

interface LimitSliderProps {
  scale: Scale;
  limit: Limit;
  value: number;
  onChange: (value: number) => void;
}

function LimitSlider({ scale, limit, value, onChange }: LimitSliderProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const name = { bytesPerSecond: t.bandwidth, requestsPerSecond: t.requests, concurrency: t.concurrency }[limit];
  const textOf = (each: number) => {
    if (each === 0) return t.unlimited;
    if (limit === 'concurrency') return format.count(each);
    return t.perSecond(limit === 'bytesPerSecond' ? format.bytes(each) : format.count(each));
  };
  return (
    <div className="limit">
      <span>{name}</span>
      <strong>{textOf(value)}</strong>
      <Slider
        min={0}
        max={scale.length - 1}
        value={toStep(scale, value)}
        ariaLabelForHandle={name}
        ariaValueTextFormatterForHandle={(step) => textOf(fromStep(scale, step))}
        tooltip={{ formatter: (step) => textOf(fromStep(scale, step ?? 0)) }}
        onChange={(step) => onChange(fromStep(scale, step))}
      />
    </div>
  );
}
