import { Checkbox, Slider } from 'antd';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import { pruned, type Cutover, type Limits, type Spec } from '../plan';
import { texts } from '../texts';
import { CalendarField } from './calendar-field';
import { ChoiceField } from './choice-field';
import { NumberField } from './number-field';

const MIB = 1024 ** 2;
const USUAL_PRIORITY = 5;

export interface RunOptionsProps {
  spec: Spec;
  onChange: (change: Pick<Spec, 'limits' | 'priority' | 'cutover'> & { incrementalIntervalSeconds?: number }) => void;
}

/** What every kind has: limits, times, cutover, priority. */
export function RunOptions({ spec, onChange }: RunOptionsProps) {
  const t = useTexts(texts);
  const limits = spec.limits ?? {};
  const limit = (change: Partial<Limits>) => onChange({ limits: pruned({ ...limits, ...change }) });
  return (
    <>
      <fieldset>
        <legend>{t.limits}</legend>
        <div className="field-grid">
          <NumberField
            label={t.bandwidth}
            help={t.bandwidthHelp}
            path="spec.limits.bytesPerSecond"
            placeholder={t.noBound}
            unit="MiB/s"
            scale={MIB}
            value={limits.bytesPerSecond}
            onChange={(bytesPerSecond) => limit({ bytesPerSecond })}
          />
          <NumberField
            label={t.concurrency}
            help={t.concurrencyHelp}
            path="spec.limits.concurrency"
            placeholder={t.automatic}
            max={1024}
            value={limits.concurrency}
            onChange={(concurrency) => limit({ concurrency })}
          />
          {spec.kind !== 'host' && (
            <NumberField
              label={t.requests}
              help={t.requestsHelp}
              path="spec.limits.requestsPerSecond"
              placeholder={t.noBound}
              value={limits.requestsPerSecond}
              onChange={(requestsPerSecond) => limit({ requestsPerSecond })}
            />
          )}
          {spec.kind !== 'database' && (
            <NumberField
              label={t.interval}
              help={t.intervalHelp}
              path="spec.incrementalIntervalSeconds"
              placeholder={spec.kind === 'host' ? '300' : '60'}
              unit="s"
              min={1}
              max={86_400}
              value={spec.incrementalIntervalSeconds}
              onChange={(incrementalIntervalSeconds) => onChange({ incrementalIntervalSeconds })}
            />
          )}
          <PriorityField value={spec.priority} onChange={(priority) => onChange({ priority })} />
        </div>
        <CalendarField calendar={limits.calendar ?? undefined} onChange={(calendar) => limit({ calendar })} />
      </fieldset>
      <CutoverOptions kind={spec.kind} cutover={spec.cutover ?? {}} onChange={(cutover) => onChange({ cutover })} />
    </>
  );
}

function PriorityField({ value, onChange }: { value: number | undefined; onChange: (value: number | undefined) => void }) {
  const t = useTexts(texts);
  return (
    <Field label={`${t.priority}: ${value ?? USUAL_PRIORITY}`} help={t.priorityHelp} path="spec.priority" isGroup>
      {() => (
        <Slider
          min={1}
          max={9}
          dots
          value={value ?? USUAL_PRIORITY}
          ariaLabelForHandle={t.priority}
          onChange={(priority) => onChange(priority === USUAL_PRIORITY ? undefined : priority)}
        />
      )}
    </Field>
  );
}

interface CutoverOptionsProps {
  kind: Spec['kind'];
  cutover: Cutover;
  onChange: (cutover: Cutover) => void;
}

function CutoverOptions({ kind, cutover, onChange }: CutoverOptionsProps) {
  const t = useTexts(texts);
  const change = (part: Partial<Cutover>) => onChange(pruned({ ...cutover, ...part }));
  return (
    <fieldset>
      <legend>{t.cutover}</legend>
      <div className="field-grid">
        <ChoiceField
          label={t.cutoverMode}
          path="spec.cutover.mode"
          value={cutover.mode}
          usual="manual"
          choices={t.cutoverModes}
          onChange={(mode) => change({ mode })}
        />
        <ChoiceField
          label={t.finalize}
          path="spec.cutover.finalize"
          value={cutover.finalize}
          usual="manual"
          choices={t.finalizeModes}
          onChange={(finalize) => change({ finalize })}
        />
      </div>
      {kind === 'storage' && (
        <Field label={t.frozen} path="spec.cutover.sourceFrozen" isGroup>
          {() => (
            <Checkbox
              checked={cutover.sourceFrozen === true}
              onChange={({ target }) => change({ sourceFrozen: target.checked || undefined })}
            >
              {t.sourceFrozen}
            </Checkbox>
          )}
        </Field>
      )}
    </fieldset>
  );
}
