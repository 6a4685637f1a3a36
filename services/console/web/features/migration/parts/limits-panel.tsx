import { Button, Slider } from 'antd';
import { useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { isOutdated, useLimits } from '../queries';
import { fromStep, STEPS, toStep, type Scale } from '../limit-steps';
import { texts } from '../texts';

type Migration = Schema<'Migration'>;
type Limit = keyof typeof STEPS;
const LIMITS: readonly Limit[] = ['bytesPerSecond', 'requestsPerSecond', 'concurrency'];

interface Change {
  limits: Partial<Record<Limit, number>>;
  /** As it was when the first slider was moved; null once a refusal has told what has changed since. */
  since: Migration | null;
}

/** Bandwidth, requests and parallel work, changed while it runs. */
export function LimitsPanel({ migration, workspace }: { migration: Migration; workspace: string }) {
  const t = useTexts(texts);
  const [change, setChange] = useState<Change | null>(null);
  const { mutate, isPending, error } = useLimits(workspace, migration.id);
  const move = (limit: Limit, value: number) =>
    setChange((before) => ({ limits: { ...before?.limits, [limit]: value }, since: before?.since ?? migration }));
  const apply = () => {
    if (!change) return;
    mutate(
      { limits: change.limits, since: change.since ?? migration },
      { onSuccess: () => setChange(null), onError: () => setChange((before) => before && { ...before, since: null }) },
    );
  };
  return (
    <section className="panel" aria-label={t.limits}>
      <h2>{t.limits}</h2>
      <p className="quiet">{t.limitsText}</p>
      {LIMITS.map((limit) => (
        <LimitSlider
          key={limit}
          scale={STEPS[limit]}
          limit={limit}
          current={migration.spec.limits[limit]}
          wanted={change?.limits[limit]}
          onChange={(value) => move(limit, value)}
        />
      ))}
      <div className="buttons">
        <Button type={change ? 'primary' : 'default'} disabled={!change} loading={isPending} onClick={apply}>
          {t.save}
        </Button>
        {change && <Button onClick={() => setChange(null)}>{t.keep}</Button>}
      </div>
      {error && change && (
        <>
          <ProblemView error={error} />
          {isOutdated(error) && <p className="quiet">{t.limitsChanged}</p>}
        </>
      )}
    </section>
  );
}

interface LimitSliderProps {
  scale: Scale;
  limit: Limit;
  current: number;
  wanted: number | undefined;
  onChange: (value: number) => void;
}

function LimitSlider({ scale, limit, current, wanted, onChange }: LimitSliderProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const name = { bytesPerSecond: t.bandwidth, requestsPerSecond: t.requests, concurrency: t.concurrency }[limit];
  const textOf = (each: number) => {
    if (each === 0) return t.unlimited;
    if (limit === 'concurrency') return format.count(each);
    return t.perSecond(limit === 'bytesPerSecond' ? format.bytes(each) : format.count(each));
  };
  const isMoved = wanted !== undefined && wanted !== current;
  return (
    <div className="limit">
      <span>{name}</span>
      <span>
        {isMoved && <span className="quiet">{textOf(current)} → </span>}
        <strong>{textOf(wanted ?? current)}</strong>
      </span>
      <Slider
        min={0}
        max={scale.length - 1}
        value={toStep(scale, wanted ?? current)}
        ariaLabelForHandle={name}
        ariaValueTextFormatterForHandle={(step) => textOf(fromStep(scale, step))}
        tooltip={{ formatter: (step) => textOf(fromStep(scale, step ?? 0)) }}
        onChange={(step) => onChange(fromStep(scale, step))}
      />
    </div>
  );
}
