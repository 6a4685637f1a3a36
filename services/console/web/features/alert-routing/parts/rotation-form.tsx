import { Input, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { Field } from '../../../elements/field';
import { instantOf, localMinute } from '../../../elements/local-time';
import { useTexts } from '../../../language/texts';
import type { Rotation } from '../routing-document';
import { texts } from '../texts';
import type { PartFormProps } from './calendar-form';
import { ChannelSelect } from './channel-select';
import { NamedForm } from './named-form';
import { RowList } from './row-list';
import { TimeZoneInput } from './time-zone-input';

/** Who is on call: turns that follow one another, and who stands in when. */
export function RotationForm({ part, path, onDone }: PartFormProps<Rotation>) {
  const t = useTexts(texts);
  const [rotation, setRotation] = useState(part);
  const change = (wish: Partial<Rotation>) => setRotation((before) => ({ ...before, ...wish }));
  return (
    <NamedForm
      label={t.lists.rotations.one}
      name={rotation.name}
      path={path}
      onName={(name) => change({ name })}
      onDone={() => onDone(rotation)}
    >
      <div className="field-grid">
        <Field label={t.firstDay} help={t.firstDayHelp} path={`${path}.from`}>
          {(control) => <Input {...control} type="date" value={rotation.from} onChange={({ target }) => change({ from: target.value })} />}
        </Field>
        <Field label={t.handover} path={`${path}.handover`}>
          {(control) => (
            <Input
              {...control}
              type="time"
              value={rotation.handover ?? '09:00'}
              onChange={({ target }) => change({ handover: target.value })}
            />
          )}
        </Field>
        <Field label={t.turnDays} path={`${path}.days`}>
          {(control) => (
            <InputNumber
              {...control}
              min={1}
              controls={false}
              value={rotation.days ?? 7}
              onChange={(days) => change({ days: days ?? undefined })}
            />
          )}
        </Field>
        <Field label={t.timeZone} path={`${path}.timeZone`}>
          {(control) => <TimeZoneInput control={control} value={rotation.timeZone} onChange={(timeZone) => change({ timeZone })} />}
        </Field>
      </div>
      <Turns rotation={rotation} path={path} onChange={change} />
      <Overrides rotation={rotation} path={path} onChange={change} />
    </NamedForm>
  );
}

interface RowsProps {
  rotation: Rotation;
  path: string;
  onChange: (part: Partial<Rotation>) => void;
}

function Turns({ rotation: { turns }, path, onChange }: RowsProps) {
  const t = useTexts(texts);
  return (
    <Field label={t.turns} help={t.turnsHelp} path={`${path}.turns`} isGroup>
      {() => (
        <RowList rows={turns} addText={t.addTurn} fresh={() => ({ name: '', channels: [] })} onChange={(rows) => onChange({ turns: rows })}>
          {(turn, changeTurn, at) => (
            <div className="row-fields">
              <Field label={t.who} path={`${path}.turns.${at}.name`}>
                {(control) => (
                  <Input {...control} value={turn.name} maxLength={100} onChange={({ target }) => changeTurn({ name: target.value })} />
                )}
              </Field>
              <Field label={t.channels} path={`${path}.turns.${at}.channels`}>
                {(control) => <ChannelSelect control={control} value={turn.channels} onChange={(channels) => changeTurn({ channels })} />}
              </Field>
            </div>
          )}
        </RowList>
      )}
    </Field>
  );
}

function Overrides({ rotation: { turns, overrides = [] }, path, onChange }: RowsProps) {
  const t = useTexts(texts);
  const who = turns.map(({ name }) => ({ value: name, label: name }));
  return (
    <Field label={t.overrides} help={t.overridesHelp} path={`${path}.overrides`} isGroup>
      {() => (
        <RowList
          rows={overrides}
          addText={t.addOverride}
          fresh={() => ({ from: '', to: '', turn: '' })}
          onChange={(rows) => onChange({ overrides: rows })}
        >
          {(override, changeOverride, at) => (
            <div className="row-fields">
              <Field label={t.who} path={`${path}.overrides.${at}.turn`}>
                {(control) => (
                  <Select
                    {...control}
                    value={override.turn || undefined}
                    options={who}
                    onChange={(turn: string) => changeOverride({ turn })}
                  />
                )}
              </Field>
              {(['from', 'to'] as const).map((end) => (
                <Field key={end} label={t[end]} path={`${path}.overrides.${at}.${end}`}>
                  {(control) => (
                    <Input
                      {...control}
                      type="datetime-local"
                      value={localMinute(override[end])}
                      onChange={({ target }) => changeOverride({ [end]: instantOf(target.value) ?? '' })}
                    />
                  )}
                </Field>
              ))}
            </div>
          )}
        </RowList>
      )}
    </Field>
  );
}
