import { Button } from 'antd';
import { useState, type FormEvent } from 'react';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { SECRET_FIELDS, SECRET_KINDS, secretOf, type Typed } from '../endpoint-fields';
import { useChangeEndpoint, type Endpoint } from '../queries';
import { texts } from '../texts';
import { viaOf, withWays, type WaySecret } from '../ways';
import { TypedFields } from './typed-fields';
import { WaySecretInputs } from './way-rows';

/** Another secret in the place of the one that is kept, which nobody is shown. */
export function SecretForm({ endpoint, onSaved }: { endpoint: Endpoint; onSaved: (endpoint: Endpoint) => void }) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const [secret, setSecret] = useState<Typed>({});
  const via = viaOf(endpoint.location);
  const [ways, setWays] = useState<WaySecret[]>(() => via.map(() => ({})));
  const { mutate, isPending, error } = useChangeEndpoint(workspace);
  const { kind } = endpoint.location;
  const secretKind = SECRET_KINDS[kind];
  const save = (event: FormEvent) => {
    event.preventDefault();
    mutate({ id: endpoint.id, change: { secret: withWays(secretOf(kind, secret), ways) } }, { onSuccess: onSaved });
  };
  return (
    <FieldProblems value={fieldMessagesOf(error)}>
      <form className="form" noValidate autoComplete="off" aria-label={t.acts.secret} onSubmit={save}>
        <p className="quiet">{t.replaceText}</p>
        {secretKind !== 'none' && (
          <TypedFields
            entries={SECRET_FIELDS[secretKind]}
            root="secret"
            labels={t.secrets[secretKind]}
            typed={secret}
            onChange={setSecret}
          />
        )}
        {via.map((way, index) => (
          <fieldset key={index}>
            <legend>{`${t.wayKinds[way.kind]} ${way.host}`}</legend>
            <div className="entry-inputs">
              <WaySecretInputs
                kind={way.kind}
                secret={ways[index] ?? {}}
                onChange={(changed) => setWays((before) => before.toSpliced(index, 1, changed))}
              />
            </div>
          </fieldset>
        ))}
        {error && <ProblemView error={error} />}
        <div className="form-actions">
          <Button
            type="primary"
            htmlType="submit"
            loading={isPending}
            disabled={Object.values(secret).every((value) => !value) && ways.every((way) => Object.keys(way).length === 0)}
          >
            {t.saveAndTest}
          </Button>
        </div>
      </form>
    </FieldProblems>
  );
}
