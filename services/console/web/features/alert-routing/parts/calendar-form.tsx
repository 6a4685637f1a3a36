import { Checkbox, Input } from 'antd';
import { useState } from 'react';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import type { Calendar } from '../routing-document';
import { texts } from '../texts';
import { NamedForm } from './named-form';
import { RowList } from './row-list';
import { TimeZoneInput } from './time-zone-input';

export interface PartFormProps<T> {
  part: T;
  path: string;
  onDone: (part: T) => void;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Every night. */
export const freshWindow = () => ({ days: [...DAYS], from: '22:00', to: '07:00' });

/** Quiet hours: days and times of a clock somewhere. */
export function CalendarForm({ part, path, onDone }: PartFormProps<Calendar>) {
  const t = useTexts(texts);
  const [calendar, setCalendar] = useState(part);
  const change = (wish: Partial<Calendar>) => setCalendar((before) => ({ ...before, ...wish }));
  return (
    <NamedForm
      label={t.lists.calendars.one}
      name={calendar.name}
      path={path}
      onName={(name) => change({ name })}
      onDone={() => onDone(calendar)}
    >
      <Field label={t.timeZone} path={`${path}.timeZone`}>
        {(control) => <TimeZoneInput control={control} value={calendar.timeZone} onChange={(timeZone) => change({ timeZone })} />}
      </Field>
      <Field label={t.windows} help={t.windowsHelp} path={`${path}.windows`} isGroup>
        {() => (
          <RowList rows={calendar.windows} addText={t.addWindow} fresh={freshWindow} onChange={(windows) => change({ windows })}>
            {(window, changeWindow) => (
              <>
                <Checkbox.Group
                  value={window.days}
                  options={DAYS.map((value) => ({ value, label: t.days[value] }))}
                  onChange={(days: string[]) => changeWindow({ days })}
                />
                <span className="window-times">
                  <Input
                    aria-label={t.from}
                    className="time"
                    type="time"
                    value={window.from}
                    onChange={({ target }) => changeWindow({ from: target.value })}
                  />
                  –
                  <Input
                    aria-label={t.to}
                    className="time"
                    type="time"
                    value={window.to}
                    onChange={({ target }) => changeWindow({ to: target.value })}
                  />
                </span>
              </>
            )}
          </RowList>
        )}
      </Field>
    </NamedForm>
  );
}
