import { Button, Drawer, Input, Segmented } from 'antd';
import { useState, type FormEvent } from 'react';
import { Field } from '../../../elements/field';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { instantOf } from '../../../elements/local-time';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useAlertScope } from '../../alerts/scope';
import type { Matcher } from '../matcher-text';
import { useSilence } from '../queries';
import { texts } from '../texts';
import { MatcherRows } from './matcher-rows';

export interface SilenceDrawerProps {
  matchers: readonly Matcher[];
  onClose: () => void;
}

const WIDTH = 640;
const HOURS = ['1', '2', '8', '24', '168', 'other'] as const;
type Lasting = (typeof HOURS)[number];
const HOUR_MS = 3_600_000;

/** What is not told, for how long, and why. */
export function SilenceDrawer({ matchers: given, onClose }: SilenceDrawerProps) {
  const t = useTexts(texts);
  const [matchers, setMatchers] = useState<readonly Matcher[]>(given);
  const [begins, setBegins] = useState('');
  const [lasting, setLasting] = useState<Lasting>('2');
  const [ends, setEnds] = useState('');
  const [comment, setComment] = useState('');
  const { mutate, isPending, error } = useSilence(useAlertScope());
  const save = (event: FormEvent) => {
    event.preventDefault();
    const startsAt = instantOf(begins);
    const fromMs = startsAt === undefined ? Date.now() : Date.parse(startsAt);
    const endsAt = lasting === 'other' ? (instantOf(ends) ?? '') : new Date(fromMs + Number(lasting) * HOUR_MS).toISOString();
    mutate({ matchers: [...matchers], startsAt, endsAt, comment, requestId: crypto.randomUUID() }, { onSuccess: onClose });
  };
  return (
    <Drawer open size={WIDTH} title={t.add} closable={{ 'aria-label': t.close }} onClose={onClose}>
      <FieldProblems value={fieldMessagesOf(error)}>
        <form className="form" noValidate autoComplete="off" aria-label={t.add} onSubmit={save}>
          <Field label={t.matchers} help={t.matchersHelp} path="matchers" isGroup>
            {() => <MatcherRows path="matchers" matchers={matchers} onChange={setMatchers} />}
          </Field>
          <Field label={t.lasts} path="endsAt" isGroup>
            {() => (
              <Segmented<Lasting>
                aria-label={t.lasts}
                value={lasting}
                options={HOURS.map((value) => ({ value, label: t.durations[value] }))}
                onChange={setLasting}
              />
            )}
          </Field>
          <div className="field-grid">
            <TimeField label={t.begins} help={t.beginsHelp} path="startsAt" value={begins} onChange={setBegins} />
            {lasting === 'other' && <TimeField label={t.ends} path="endsAt" value={ends} onChange={setEnds} />}
          </div>
          <Field label={t.comment} help={t.commentHelp} path="comment" isRequired>
            {(control) => (
              <Input {...control} required value={comment} maxLength={1_000} onChange={({ target }) => setComment(target.value)} />
            )}
          </Field>
          {error && <ProblemView error={error} />}
          <div className="form-actions">
            <Button type="primary" htmlType="submit" loading={isPending}>
              {t.save}
            </Button>
            <Button onClick={onClose}>{t.cancel}</Button>
          </div>
        </form>
      </FieldProblems>
    </Drawer>
  );
}

interface TimeFieldProps {
  label: string;
  help?: string;
  path: string;
  value: string;
  onChange: (value: string) => void;
}

/** In the time of this browser. */
function TimeField({ label, help, path, value, onChange }: TimeFieldProps) {
  return (
    <Field label={label} help={help} path={path}>
      {(control) => <Input {...control} type="datetime-local" value={value} onChange={({ target }) => onChange(target.value)} />}
    </Field>
  );
}
