import { Button, Input, Segmented } from 'antd';
import { useState, type FormEvent } from 'react';
import { Field } from '../../../elements/field';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import {
  HAS_WAYS,
  LOCATION_FIELDS,
  locationOf,
  SECRET_FIELDS,
  SECRET_KINDS,
  secretOf,
  type LocationKind,
  type Typed,
} from '../endpoint-fields';
import { useSaveEndpoint, type Endpoint } from '../queries';
import { texts } from '../texts';
import { withVia, withWays, type Step } from '../ways';
import { TypedFields } from './typed-fields';
import { WayRows } from './way-rows';

export interface EndpointFormProps {
  /** Those that may be saved here. */
  kinds: readonly LocationKind[];
  onSaved: (endpoint: Endpoint) => void;
  onCancel?: () => void;
}

/** A new endpoint: where it is, and what it is signed in to with. What is wrong the API says, at its fields. */
export function EndpointForm({ kinds, onSaved, onCancel }: EndpointFormProps) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const [kind, setKind] = useState<LocationKind>(kinds[0] ?? 's3');
  const [name, setName] = useState('');
  const [location, setLocation] = useState<Typed>({});
  const [secret, setSecret] = useState<Typed>({});
  const [steps, setSteps] = useState<Step[]>([]);
  const { mutateAsync, isPending, error } = useSaveEndpoint(workspace);
  const choose = (chosen: LocationKind) => {
    setKind(chosen);
    setLocation({});
    setSecret({});
    setSteps([]);
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    // A new wish each time: what was refused is corrected, and what was saved closes the form.
    const place = withVia(locationOf(kind, location), steps);
    const ways = steps.map((step) => step.secret);
    const wish = { name, location: place, secret: withWays(secretOf(kind, secret), ways), requestId: crypto.randomUUID() };
    // Also where the form is gone by then, as the list has the endpoint already; what is wrong is shown below.
    mutateAsync(wish).then(onSaved, () => undefined);
  };
  return (
    <FieldProblems value={fieldMessagesOf(error)}>
      <form className="form" noValidate autoComplete="off" aria-label={t.add} onSubmit={save}>
        {kinds.length > 1 && (
          <Segmented<LocationKind>
            aria-label={t.kind}
            value={kind}
            options={kinds.map((each) => ({ value: each, label: t.kinds[each] }))}
            onChange={choose}
          />
        )}
        <Field label={t.name} help={t.nameHelp} path="name" isRequired>
          {(control) => <Input {...control} value={name} maxLength={63} onChange={({ target }) => setName(target.value)} />}
        </Field>
        <TypedPlace kind={kind} location={location} secret={secret} onLocation={setLocation} onSecret={setSecret} />
        {HAS_WAYS[kind] && <WayRows steps={steps} onChange={setSteps} />}
        {error && <ProblemView error={error} />}
        <div className="form-actions">
          <Button type="primary" htmlType="submit" loading={isPending}>
            {t.saveAndTest}
          </Button>
          {onCancel && <Button onClick={onCancel}>{t.cancel}</Button>}
        </div>
      </form>
    </FieldProblems>
  );
}

interface TypedPlaceProps {
  kind: LocationKind;
  location: Typed;
  secret: Typed;
  onLocation: (typed: Typed) => void;
  onSecret: (typed: Typed) => void;
}

function TypedPlace({ kind, location, secret, onLocation, onSecret }: TypedPlaceProps) {
  const t = useTexts(texts);
  const secretKind = SECRET_KINDS[kind];
  return (
    <>
      <TypedFields entries={LOCATION_FIELDS[kind]} root="location" labels={t.places[kind]} typed={location} onChange={onLocation} />
      {secretKind !== 'none' && (
        <fieldset>
          <legend>{t.secret}</legend>
          <p className="field-help">{t.secretHelp}</p>
          <TypedFields
            entries={SECRET_FIELDS[secretKind]}
            root="secret"
            labels={t.secrets[secretKind]}
            typed={secret}
            onChange={onSecret}
          />
        </fieldset>
      )}
    </>
  );
}
