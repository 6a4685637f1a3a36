import { Button, Input } from 'antd';
import type { FormEvent, ReactNode } from 'react';
import { Field } from '../../../elements/field';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface NamedFormProps {
  label: string;
  name: string;
  /** Where the API's messages name it. */
  path: string;
  onName: (name: string) => void;
  onDone: () => void;
  children: ReactNode;
}

/** A form of something that routes name: its name, and what else it has. */
export function NamedForm({ label, name, path, onName, onDone, children }: NamedFormProps) {
  const t = useTexts(texts);
  const done = (event: FormEvent) => {
    event.preventDefault();
    onDone();
  };
  return (
    <form className="form" noValidate autoComplete="off" aria-label={label} onSubmit={done}>
      <Field label={t.name} path={`${path}.name`} isRequired>
        {(control) => <Input {...control} value={name} maxLength={100} onChange={({ target }) => onName(target.value)} />}
      </Field>
      {children}
      <div className="form-actions">
        <Button type="primary" htmlType="submit">
          {t.done}
        </Button>
      </div>
    </form>
  );
}
