import { Field } from '../../../elements/field';
import { LinesInput } from '../../../elements/lines-input';

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
        <LinesInput
          {...control}
          className="mono"
          spellCheck={false}
          rows={4}
          placeholder={placeholder}
          value={values}
          onChange={(lines) => onChange(lines.length === 0 ? undefined : lines)}
        />
      )}
    </Field>
  );
}
