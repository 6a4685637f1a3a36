import { Input } from 'antd';
import { Field } from '../../../elements/field';

export interface TextFieldProps {
  label: string;
  help: string;
  path: string;
  value: string | undefined;
  placeholder?: string;
  onChange: (value: string | undefined) => void;
}

/** Empty: the default. */
export function TextField({ value, placeholder, onChange, ...field }: TextFieldProps) {
  return (
    <Field {...field}>
      {(control) => (
        <Input {...control} value={value ?? ''} placeholder={placeholder} onChange={({ target }) => onChange(target.value || undefined)} />
      )}
    </Field>
  );
}
