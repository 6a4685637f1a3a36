import { Field } from '../../../elements/field';
import { WordsInput } from '../../../elements/words-input';

export interface ListFieldProps {
  label: string;
  help: string;
  path: string;
  placeholder: string;
  values: readonly string[] | undefined;
  onChange: (values: string[] | undefined) => void;
}

/** Patterns or names, any number of them; Enter ends one. */
export function ListField({ label, help, path, placeholder, values, onChange }: ListFieldProps) {
  return (
    <Field label={label} help={help} path={path}>
      {(control) => (
        <WordsInput
          {...control}
          value={[...(values ?? [])]}
          placeholder={placeholder}
          onChange={(entered) => onChange(entered.length === 0 ? undefined : entered)}
        />
      )}
    </Field>
  );
}
