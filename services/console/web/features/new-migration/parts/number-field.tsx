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
  /** Not rounded to whole ones. */
  isFraction?: boolean;
  onChange: (value: number | undefined) => void;
}

/** Empty: the default. */
export function NumberField({ label, help, path, value, unit, scale = 1, min = 0, isFraction, onChange, ...rest }: NumberFieldProps) {
  const scaled = (entered: number) => (isFraction ? entered * scale : Math.round(entered * scale));
  return (
    <Field label={label} help={help} path={path}>
      {(control) => (
        <InputNumber
          {...control}
          value={value === undefined ? null : value / scale}
          {...rest}
          min={min}
          suffix={unit}
          onChange={(entered) => onChange(entered === null ? undefined : scaled(entered))}
        />
      )}
    </Field>
  );
}
