import { Input } from 'antd';
import type { TextAreaProps } from 'antd/es/input';

export interface LinesInputProps extends Omit<TextAreaProps, 'value' | 'onChange'> {
  value: readonly string[] | undefined;
  /** Without any where nothing is typed. */
  onChange: (lines: string[]) => void;
}

/** A list, one a line. */
export function LinesInput({ value = [], onChange, ...rest }: LinesInputProps) {
  return (
    <Input.TextArea
      {...rest}
      value={value.join('\n')}
      onChange={({ target }) => onChange(target.value === '' ? [] : target.value.split(/\r?\n/))}
    />
  );
}
