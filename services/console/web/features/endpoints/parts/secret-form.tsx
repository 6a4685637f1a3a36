import { Button } from 'antd';
import { useState, type FormEvent } from 'react';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { SECRET_FIELDS, SECRET_KINDS, secretOf, type Typed } from '../endpoint-fields';
import { useChangeEndpoint, type Endpoint } from '../queries';
import { texts } from '../texts';
import { TypedFields } from './typed-fields';

/** Another secret in the place of the one that is kept, which nobody is shown. */
export function SecretForm({ endpoint, onSaved }: { endpoint: Endpoint; onSaved: (endpoint: Endpoint) => void }) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const [secret, setSecret] = useState<Typed>({});
  const { mutate, isPending, error } = useChangeEndpoint(workspace);
  const { kind } = endpoint.location;
  const secretKind = SECRET_KINDS[kind];
  const save = (event: FormEvent) => {
    event.preventDefault();
    mutate({ id: endpoint.id, change: { secret: secretOf(kind, secret) } }, { onSuccess: onSaved });
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
        {error && <ProblemView error={error} />}
        <div className="form-actions">
          <Button type="primary" htmlType="submit" loading={isPending} disabled={Object.values(secret).every((value) => !value)}>
            {t.saveAndTest}
          </Button>
        </div>
      </form>
    </FieldProblems>
  );
}
