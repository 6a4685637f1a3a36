import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox, Input, Select, Skeleton, Switch } from 'antd';
import { useState, type FormEvent } from 'react';
import { Field } from '../../../elements/field';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { ProblemView } from '../../../elements/problem-view';
import { useLanguage, useTexts } from '../../../language/texts';
import { ChangedMeanwhile, useTheirs } from '../../alerts/parts/changed-meanwhile';
import { useAlertScope } from '../../alerts/scope';
import { inputOf, typedOf, type TypedChannel } from '../typed-channel';
import { channelQuery, channelsQuery, channelTypesQuery, useSaveChannel, type Channel, type ChannelType } from '../queries';
import { secretsOf, settingsOf } from '../schema-fields';
import { texts } from '../texts';
import { SchemaFields } from './schema-fields';

export interface ChannelFormProps {
  /** Absent: a new one. */
  channel?: Channel;
  onSaved: (channel: Channel) => void;
}

/** A channel: its kind's own settings and secrets, and what all have. What is wrong the API says, at its fields. */
export function ChannelForm({ channel, onSaved }: ChannelFormProps) {
  const { data, error, refetch } = useQuery(channelTypesQuery(useAlertScope()));
  if (error) return <ProblemView error={error} onRetry={() => void refetch()} />;
  return data ? <TypedForm types={data.items} channel={channel} onSaved={onSaved} /> : <Skeleton active />;
}

function TypedForm({ types, channel, onSaved }: ChannelFormProps & { types: ChannelType[] }) {
  const t = useTexts(texts);
  const { language } = useLanguage();
  const scope = useAlertScope();
  const client = useQueryClient();
  const [typed, setTyped] = useState<TypedChannel>(() => typedOf(channel, language));
  const [since, setSince] = useState(channel);
  const { theirs, onError, forget } = useTheirs(async () => since && client.fetchQuery({ ...channelQuery(scope, since.id), staleTime: 0 }));
  const { mutate, isPending, error, reset } = useSaveChannel(scope);
  const change = (part: Partial<TypedChannel>) => setTyped((before) => ({ ...before, ...part }));
  const type = types.find((each) => each.type === typed.type);
  const save = (event: FormEvent) => {
    event.preventDefault();
    mutate({ body: inputOf(typed), of: since, requestId: crypto.randomUUID() }, { onSuccess: (saved) => onSaved(saved), onError });
  };
  const goOn = (from: Channel, kept: TypedChannel) => {
    setSince(from);
    setTyped(kept);
    forget();
    reset();
  };
  return (
    <FieldProblems value={fieldMessagesOf(error)}>
      <form className="form" noValidate autoComplete="off" aria-label={channel?.name ?? t.add} onSubmit={save}>
        <Names types={types} typed={typed} isFixed={channel !== undefined} onChange={change} />
        {type && <OwnFields type={type} typed={typed} kept={since?.secretNames ?? []} onChange={change} />}
        <CommonFields typed={typed} of={channel?.id} onChange={change} />
        {error && !theirs && <ProblemView error={error} />}
        {since && theirs && (
          <ChangedMeanwhile
            before={comparable(since)}
            after={comparable(theirs)}
            onKeep={() => goOn(theirs, typed)}
            onTake={() => goOn(theirs, typedOf(theirs, language))}
          />
        )}
        <div className="form-actions">
          <Button type="primary" htmlType="submit" loading={isPending} disabled={type === undefined}>
            {t.save}
          </Button>
        </div>
      </form>
    </FieldProblems>
  );
}

/** What people set; the rest tells how it fares. */
const comparable = ({ name, settings, secretNames, language, enabled, fallbackChannelId }: Channel) => ({
  name,
  settings,
  secretNames,
  language,
  enabled,
  fallbackChannelId,
});

interface PartProps {
  typed: TypedChannel;
  onChange: (part: Partial<TypedChannel>) => void;
}

function Names({ types, typed, isFixed, onChange }: PartProps & { types: ChannelType[]; isFixed: boolean }) {
  const t = useTexts(texts);
  const kinds = types.map(({ type }) => ({ value: type, label: t.types[type] ?? type }));
  return (
    <div className="field-grid">
      <Field label={t.name} path="name" isRequired>
        {(control) => (
          <Input {...control} required value={typed.name} maxLength={100} onChange={({ target }) => onChange({ name: target.value })} />
        )}
      </Field>
      <Field label={t.type} path="type" isRequired>
        {(control) => (
          <Select
            {...control}
            value={typed.type || undefined}
            placeholder={t.choose}
            disabled={isFixed}
            showSearch={{ optionFilterProp: 'label' }}
            options={kinds}
            onChange={(type: string) => onChange({ type, settings: {}, secrets: {} })}
          />
        )}
      </Field>
    </div>
  );
}

function OwnFields({ type, typed, kept, onChange }: PartProps & { type: ChannelType; kept: readonly string[] }) {
  const t = useTexts(texts);
  const secrets = secretsOf(type);
  const removable = secrets.filter(({ name, isRequired }) => kept.includes(name) && !isRequired);
  return (
    <div key={type.type} className="form">
      <SchemaFields
        type={type.type}
        fields={settingsOf(type)}
        root="settings"
        typed={typed.settings}
        onChange={(settings) => onChange({ settings })}
      />
      {secrets.length > 0 && (
        <fieldset>
          <legend>{t.secrets}</legend>
          <p className="field-help">{t.secretsHelp}</p>
          <SchemaFields
            type={type.type}
            fields={secrets}
            root="secrets"
            typed={typed.secrets}
            kept={kept}
            onChange={(given) => onChange({ secrets: given })}
          />
          {removable.length > 0 && (
            <Checkbox.Group
              aria-label={t.removeSecrets}
              value={[...typed.removed]}
              options={removable.map(({ name }) => ({ value: name, label: t.removeSecret(t.labels[name] ?? name) }))}
              onChange={(removed) => onChange({ removed })}
            />
          )}
        </fieldset>
      )}
    </div>
  );
}

function CommonFields({ typed, of, onChange }: PartProps & { of: string | undefined }) {
  const t = useTexts(texts);
  const { data } = useQuery(channelsQuery(useAlertScope()));
  const others = (data?.items ?? []).filter(({ id }) => id !== of);
  return (
    <div className="field-grid">
      <Field label={t.language} help={t.languageHelp} path="language">
        {(control) => (
          <Select
            {...control}
            value={typed.language}
            options={(['en', 'zh'] as const).map((value) => ({ value, label: t.languages[value] }))}
            onChange={(language) => onChange({ language })}
          />
        )}
      </Field>
      <Field label={t.fallback} help={t.fallbackHelp} path="fallbackChannelId">
        {(control) => (
          <Select
            {...control}
            value={typed.fallbackChannelId ?? undefined}
            placeholder={t.noFallback}
            allowClear
            options={others.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(id: string | undefined) => onChange({ fallbackChannelId: id ?? null })}
          />
        )}
      </Field>
      <Field label={t.enabled} help={t.enabledHelp} path="enabled">
        {({ status: _status, ...control }) => (
          <Switch {...control} className="switch" checked={typed.enabled} onChange={(enabled) => onChange({ enabled })} />
        )}
      </Field>
    </div>
  );
}
