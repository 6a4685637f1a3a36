import { Button, Checkbox, Input, Select, Switch } from 'antd';
import { useState, type FormEvent } from 'react';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import { useSeverityOptions } from '../../alerts/severities';
import { MatcherRows } from '../../silences/parts/matcher-rows';
import { readMatcher, writeMatcher } from '../../silences/matcher-text';
import { without, type Route, type RoutingDocument } from '../routing-document';
import { texts } from '../texts';
import { ChannelSelect } from './channel-select';
import { TimeZoneInput } from './time-zone-input';

export interface RouteFormProps {
  route: Route;
  document: RoutingDocument;
  isRoot: boolean;
  /** Where the API's messages name it. */
  path: string;
  onDone: (route: Route) => void;
}

/** One route: which alerts it takes, to whom, and how often. What is left empty holds as its parent says. */
export function RouteForm({ route: given, document, isRoot, path, onDone }: RouteFormProps) {
  const t = useTexts(texts);
  const [route, setRoute] = useState(given);
  const [matchers, setMatchers] = useState(() => (given.matchers ?? []).map(readMatcher));
  const change = (part: Partial<Route>) => setRoute((before) => ({ ...before, ...part }));
  const done = (event: FormEvent) => {
    event.preventDefault();
    onDone(without({ ...route, name: route.name.trim(), matchers: matchers.map(writeMatcher) }));
  };
  return (
    <form className="form" noValidate autoComplete="off" aria-label={t.route} onSubmit={done}>
      <Field label={t.name} help={t.nameHelp} path={`${path}.name`} isRequired>
        {(control) => <Input {...control} value={route.name} maxLength={100} onChange={({ target }) => change({ name: target.value })} />}
      </Field>
      {!isRoot && (
        <Field label={t.matchers} help={t.matchersHelp} path={`${path}.matchers`} isGroup>
          {() => <MatcherRows path={`${path}.matchers`} matchers={matchers} onChange={setMatchers} />}
        </Field>
      )}
      <Field label={t.channels} help={isRoot ? t.channelsRootHelp : t.channelsHelp} path={`${path}.channels`} isRequired={isRoot}>
        {(control) => (
          <ChannelSelect
            control={control}
            value={route.channels ?? []}
            rotations={document.rotations ?? []}
            placeholder={isRoot ? undefined : t.asParent}
            onChange={(channels) => change({ channels })}
          />
        )}
      </Field>
      <GroupFields route={route} path={path} onChange={change} />
      <HoldFields route={route} document={document} path={path} onChange={change} />
      {!isRoot && (
        <Field label={t.continue} help={t.continueHelp} path={`${path}.continue`}>
          {({ status: _status, ...control }) => (
            <Switch {...control} className="switch" checked={route.continue === true} onChange={(isOn) => change({ continue: isOn })} />
          )}
        </Field>
      )}
      <div className="form-actions">
        <Button type="primary" htmlType="submit">
          {t.done}
        </Button>
      </div>
    </form>
  );
}

interface PartProps {
  route: Route;
  path: string;
  onChange: (part: Partial<Route>) => void;
}

const WAITS = ['groupWait', 'groupInterval', 'repeatInterval'] as const;

function GroupFields({ route, path, onChange }: PartProps) {
  const t = useTexts(texts);
  return (
    <>
      <Field label={t.groupBy} help={t.groupByHelp} path={`${path}.groupBy`}>
        {(control) => (
          <Select
            {...control}
            mode="tags"
            value={route.groupBy ?? []}
            options={[
              { value: '...', label: t.everyLabel },
              ...['alertname', 'severity', 'migration', 'endpoint'].map((value) => ({ value, label: value })),
            ]}
            onChange={(groupBy: string[]) => onChange({ groupBy })}
          />
        )}
      </Field>
      <div className="field-grid">
        {WAITS.map((wait) => (
          <Field key={wait} label={t[wait]} help={t.waitHelps[wait]} path={`${path}.${wait}`}>
            {(control) => (
              <Input
                {...control}
                value={route[wait] ?? ''}
                spellCheck={false}
                onChange={({ target }) => onChange({ [wait]: target.value.trim() })}
              />
            )}
          </Field>
        ))}
      </div>
    </>
  );
}

const namesOf = (list: readonly { name: string }[] | undefined) => (list ?? []).map(({ name }) => ({ value: name, label: name }));

function HoldFields({ route, document, path, onChange }: PartProps & { document: RoutingDocument }) {
  const t = useTexts(texts);
  const severities = useSeverityOptions();
  const { quiet, digest } = route;
  return (
    <>
      <div className="field-grid">
        <Field label={t.quiet} help={t.quietHelp} path={`${path}.quiet.calendar`}>
          {(control) => (
            <Select
              {...control}
              allowClear
              value={quiet?.calendar}
              options={namesOf(document.calendars)}
              notFoundContent={t.noCalendars}
              onChange={(calendar: string | undefined) => onChange({ quiet: calendar === undefined ? undefined : { ...quiet, calendar } })}
            />
          )}
        </Field>
        <Field label={t.escalation} help={t.escalationHelp} path={`${path}.escalation`}>
          {(control) => (
            <Select
              {...control}
              allowClear
              value={route.escalation}
              options={namesOf(document.escalations)}
              notFoundContent={t.noEscalations}
              onChange={(escalation: string | undefined) => onChange({ escalation })}
            />
          )}
        </Field>
        <Field label={t.digest} help={t.digestHelp} path={`${path}.digest`}>
          {(control) => (
            <Select
              {...control}
              allowClear
              value={digest?.every}
              options={(['hour', 'day'] as const).map((value) => ({ value, label: t.digests[value] }))}
              onChange={(every: 'hour' | 'day' | undefined) => onChange({ digest: every && { ...digest, every } })}
            />
          )}
        </Field>
      </div>
      {quiet && (
        <Field label={t.quietExcept} path={`${path}.quiet.except`} isGroup>
          {() => (
            <Checkbox.Group
              value={quiet.except ?? []}
              options={severities}
              onChange={(except: string[]) => onChange({ quiet: { ...quiet, except } })}
            />
          )}
        </Field>
      )}
      {digest?.every === 'day' && (
        <div className="field-grid">
          <Field label={t.digestAt} path={`${path}.digest.at`}>
            {(control) => (
              <Input
                {...control}
                type="time"
                value={digest.at ?? '09:00'}
                onChange={({ target }) => onChange({ digest: { ...digest, at: target.value } })}
              />
            )}
          </Field>
          <Field label={t.timeZone} path={`${path}.digest.timeZone`}>
            {(control) => (
              <TimeZoneInput
                control={control}
                value={digest.timeZone ?? 'UTC'}
                onChange={(timeZone) => onChange({ digest: { ...digest, timeZone } })}
              />
            )}
          </Field>
        </div>
      )}
    </>
  );
}
