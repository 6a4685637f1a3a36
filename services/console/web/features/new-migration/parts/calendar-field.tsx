import { Button, Checkbox, Input, Select, Switch } from 'antd';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import type { Calendar } from '../plan';
import { texts } from '../texts';

type Window = Calendar['windows'][number];
const DAYS: Window['days'] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const NIGHT: Window = { days: DAYS, from: '22:00', to: '06:00' };
const ZONES = Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, label: zone }));

export interface CalendarFieldProps {
  /** Undefined: at any time. */
  calendar: Calendar | undefined;
  onChange: (calendar: Calendar | undefined) => void;
}

/** When data is moved. Between the windows nothing is. */
export function CalendarField({ calendar, onChange }: CalendarFieldProps) {
  const t = useTexts(texts);
  const begin = (): Calendar => ({ timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone, windows: [NIGHT], outside: 'stop' });
  const replace = (at: number, windows: Window[]) =>
    calendar && onChange({ ...calendar, windows: calendar.windows.toSpliced(at, 1, ...windows) });
  return (
    <>
      <Field label={t.calendar} help={t.calendarHelp} path="spec.limits.calendar">
        {({ status: _status, ...control }) => (
          <span>
            <Switch {...control} checked={calendar !== undefined} onChange={(isOn) => onChange(isOn ? begin() : undefined)} />
          </span>
        )}
      </Field>
      {calendar && (
        <div className="calendar">
          {calendar.windows.map((window, index) => (
            <WindowLine
              // Windows have nothing else to be told apart by.
              key={index}
              window={window}
              isOnly={calendar.windows.length === 1}
              onChange={(changed) => replace(index, changed === undefined ? [] : [changed])}
            />
          ))}
          <div className="form-actions">
            <Button size="small" onClick={() => onChange({ ...calendar, windows: [...calendar.windows, NIGHT] })}>
              {t.addWindow}
            </Button>
            <Select
              aria-label={t.timeZone}
              className="time-zone"
              showSearch
              value={calendar.timeZone}
              options={ZONES}
              onChange={(timeZone) => onChange({ ...calendar, timeZone })}
            />
          </div>
        </div>
      )}
    </>
  );
}

interface WindowLineProps {
  window: Window;
  isOnly: boolean;
  /** Undefined: take it away. */
  onChange: (window: Window | undefined) => void;
}

function WindowLine({ window, isOnly, onChange }: WindowLineProps) {
  const t = useTexts(texts);
  const time = (name: 'from' | 'to') => (
    <Input
      type="time"
      className="time"
      aria-label={t[name]}
      required
      value={window[name]}
      onChange={({ target }) => onChange({ ...window, [name]: target.value })}
    />
  );
  return (
    <div className="window-line" role="group" aria-label={t.window}>
      <Checkbox.Group
        value={window.days}
        options={DAYS.map((day) => ({ value: day, label: t.days[day] }))}
        onChange={(days) => onChange({ ...window, days: DAYS.filter((day) => days.includes(day)) })}
      />
      <span className="window-times">
        {time('from')} – {time('to')}
      </span>
      {!isOnly && (
        <Button size="small" onClick={() => onChange(undefined)}>
          {t.removeWindow}
        </Button>
      )}
    </div>
  );
}
