import { useQuery } from '@tanstack/react-query';
import { Input, InputNumber, Select } from 'antd';
import { Field, type FieldControl } from '../../../elements/field';
import { LinesInput } from '../../../elements/lines-input';
import { useTexts } from '../../../language/texts';
import type { FieldEntry } from '../endpoint-fields';
import { fileRootsQuery } from '../queries';
import { texts } from '../texts';

export interface TypedFieldProps {
  entry: FieldEntry;
  path: string;
  text: { label: string; help?: string };
  value: unknown;
  onChange: (value: unknown) => void;
}

/** One field of a place or of a secret. */
export function TypedField({ entry, path, text, value, onChange }: TypedFieldProps) {
  return (
    <Field label={text.label} help={text.help} path={path} isRequired={entry.isRequired}>
      {(control) => <TypedInput control={control} entry={entry} value={value} onChange={onChange} />}
    </Field>
  );
}

type TypedInputProps = Pick<TypedFieldProps, 'entry' | 'value' | 'onChange'> & { control: FieldControl };

function TypedInput({ control, entry: { input, isRequired }, value, onChange }: TypedInputProps) {
  const t = useTexts(texts);
  const text = typeof value === 'string' ? value : '';
  const common = { ...control, required: isRequired, autoComplete: 'off', spellCheck: false };
  const onText = ({ target }: { target: { value: string } }) => onChange(target.value);
  if (input === 'number') return <InputNumber {...control} value={value as number} min={1} controls={false} onChange={onChange} />;
  if (input === 'root') return <RootSelect control={control} value={value as string} onChange={onChange} />;
  if (input === 'lines') {
    return <LinesInput {...common} value={value as string[] | undefined} rows={2} onChange={onChange} />;
  }
  // A browser that offers to save it, or fills in the password of somebody's account, is of no help here.
  if (input === 'secret') return <Input.Password {...common} autoComplete="new-password" value={text} onChange={onText} />;
  if (input === 'area' || input === 'secret-area') {
    return <Input.TextArea {...common} className="mono" value={text} rows={3} onChange={onText} />;
  }
  if (input === 'text') return <Input {...common} value={text} onChange={onText} />;
  const options = input.map((each) => ({ value: each, label: (t.choices as Record<string, string>)[each] ?? each }));
  return <Select {...control} value={value as string} options={options} allowClear placeholder={t.automatic} onChange={onChange} />;
}

function RootSelect({ control, value, onChange }: { control: FieldControl; value: string; onChange: (value: unknown) => void }) {
  const t = useTexts(texts);
  const { data, isPending } = useQuery(fileRootsQuery);
  const options = (data?.items ?? []).map(({ name }) => ({ value: name, label: name }));
  return (
    <Select
      {...control}
      value={value}
      options={options}
      loading={isPending}
      notFoundContent={t.noRoots}
      onChange={(name) => onChange(name)}
    />
  );
}
