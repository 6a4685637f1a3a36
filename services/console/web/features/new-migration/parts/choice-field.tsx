import { Radio } from 'antd';
import { Field } from '../../../elements/field';

export interface ChoiceFieldProps<Value extends string> {
  label: string;
  path: string;
  /** Undefined: what is chosen by itself, which is `usual`. */
  value: Value | undefined;
  usual: Value | undefined;
  choices: Readonly<Record<Value, string>>;
  /** Of leaving it to the platform; absent where one of the choices is the default. */
  automatic?: string;
  onChange: (value: Value | undefined) => void;
}

/** A few ways, each with a sentence, the safe one chosen. What is the API's default is not said to it. */
export function ChoiceField<Value extends string>({ label, path, value, usual, choices, automatic, onChange }: ChoiceFieldProps<Value>) {
  const names = Object.keys(choices) as Value[];
  return (
    <Field label={label} path={path} isGroup>
      {() => (
        <Radio.Group
          className="choice-lines"
          value={value ?? usual ?? ''}
          onChange={({ target }) => {
            const chosen = target.value as Value | '';
            onChange(chosen === '' || chosen === usual ? undefined : chosen);
          }}
        >
          {automatic !== undefined && <Radio value="">{automatic}</Radio>}
          {names.map((name) => (
            <Radio key={name} value={name}>
              {choices[name]}
            </Radio>
          ))}
        </Radio.Group>
      )}
    </Field>
  );
}
