import { Input } from 'antd';
import { Field } from '../../../elements/field';

export interface LinesFieldProps {
  label: string;
  help: string;
  path: string;
  placeholder: string;
  values: readonly string[] | undefined;
  onChange: (values: string[] | undefined) => void;
}

/** A list that is pasted rather than typed: one a line. Of a fixed height: one that grows sets styles that the policy of the page refuses. */
export function LinesField({ label, help, path, placeholder, values, onChange }: LinesFieldProps) {
  return (
    <Field label={label} help={help} path={path}>
      {(control) => (
        <Input.TextArea
          {...control}
          className="mono"
          spellCheck={false}
          rows={4}
          placeholder={placeholder}
          value={values?.join('\n') ?? ''}
          onChange={({ target }) => onChange(target.value === '' ? undefined : target.value.split(/\r?\n/))}
        />
      )}
    </Field>
  );
}
