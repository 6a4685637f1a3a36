import { InputNumber } from 'antd';
import { Field } from '../../../elements/field';

export interface NumberFieldProps {
  label: string;
  help: string;
  path: string;
  value: number | undefined;
  placeholder: string;
  unit?: string;
  /** How much of what the API counts makes one of the unit. */
  scale?: number;
  min?: number;
  max?: number;
  onChange: (value: number | undefined) => void;
}

/** Empty: the default. */
export function NumberField({ label, help, path, value, placeholder, unit, scale = 1, min = 0, max, onChange }: NumberFieldProps) {
  return (
    <Field label={label} help={help} path={path}>
      {(control) => (
        <InputNumber
          {...control}
          value={value === undefined ? null : value / scale}
          min={min}
          max={max}
          placeholder={placeholder}
          suffix={unit}
          onChange={(entered) => onChange(entered === null ? undefined : Math.round(entered * scale))}
        />
      )}
    </Field>
  );
}
