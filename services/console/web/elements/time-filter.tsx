import { Input } from 'antd';
import { useId } from 'react';
import { instantOf, localMinute } from './local-time';

export interface TimeFilterProps {
  label: string;
  /** RFC 3339, as the address has it. */
  value: string | null;
  /** In UTC, or empty. */
  onChange: (value: string) => void;
}

/** In the time of this browser; the address has it in UTC, so that others see the same. */
export function TimeFilter({ label, value, onChange }: TimeFilterProps) {
  const inputId = useId();
  const shown = value === null ? '' : localMinute(value);
  const commit = (entered: string) => {
    if (entered !== shown) onChange(instantOf(entered) ?? '');
  };
  return (
    <div className="time-filter">
      <label htmlFor={inputId}>{label}</label>
      <Input
        id={inputId}
        type="datetime-local"
        defaultValue={shown}
        onBlur={({ target }) => commit(target.value)}
        onPressEnter={({ currentTarget }) => commit(currentTarget.value)}
      />
    </div>
  );
}
