import { Input } from 'antd';
import { useState } from 'react';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import type { Escalation, Rotation } from '../routing-document';
import { texts } from '../texts';
import type { PartFormProps } from './calendar-form';
import { ChannelSelect } from './channel-select';
import { NamedForm } from './named-form';
import { RowList } from './row-list';

/** Whom an alert goes to that nobody acknowledges, and when. */
export function EscalationForm({ part, path, rotations, onDone }: PartFormProps<Escalation> & { rotations: readonly Rotation[] }) {
  const t = useTexts(texts);
  const [escalation, setEscalation] = useState(part);
  const change = (wish: Partial<Escalation>) => setEscalation((before) => ({ ...before, ...wish }));
  return (
    <NamedForm
      label={t.lists.escalations.one}
      name={escalation.name}
      path={path}
      onName={(name) => change({ name })}
      onDone={() => onDone(escalation)}
    >
      <Field label={t.steps} help={t.stepsHelp} path={`${path}.steps`} isGroup>
        {() => (
          <RowList
            rows={escalation.steps}
            addText={t.addStep}
            fresh={() => ({ after: '', channels: [] })}
            onChange={(steps) => change({ steps })}
          >
            {(step, changeStep, at) => (
              <div className="row-fields">
                <Field label={t.after} path={`${path}.steps.${at}.after`}>
                  {(control) => (
                    <Input
                      {...control}
                      value={step.after}
                      spellCheck={false}
                      onChange={({ target }) => changeStep({ after: target.value.trim() })}
                    />
                  )}
                </Field>
                <Field label={t.channels} path={`${path}.steps.${at}.channels`}>
                  {(control) => (
                    <ChannelSelect
                      control={control}
                      value={step.channels}
                      rotations={rotations}
                      onChange={(channels) => changeStep({ channels })}
                    />
                  )}
                </Field>
              </div>
            )}
          </RowList>
        )}
      </Field>
    </NamedForm>
  );
}
