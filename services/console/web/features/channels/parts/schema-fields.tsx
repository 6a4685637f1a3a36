import { Collapse, Input, InputNumber, Select, Switch } from 'antd';
import { use } from 'react';
import { Field, type FieldControl } from '../../../elements/field';
import { FieldProblems, messageAt } from '../../../elements/field-problems';
import { LinesInput } from '../../../elements/lines-input';
import { useTexts } from '../../../language/texts';
import { linesOf, pairsOf, type SchemaField, type Typed } from '../schema-fields';
import { texts } from '../texts';

export interface SchemaFieldsProps {
  /** The kind of channel. */
  type: string;
  fields: readonly SchemaField[];
  /** Where they are in the request: `settings`. */
  root: 'settings' | 'secrets';
  typed: Typed;
  onChange: (typed: Typed) => void;
  /** Secrets that it has already; they stay where nothing is typed in. */
  kept?: readonly string[];
}

/** A form from a JSON Schema: what everybody needs, and the rest behind a button; one that the API complains of is shown in any case. */
export function SchemaFields({ type, fields, root, typed, onChange, kept = [] }: SchemaFieldsProps) {
  const t = useTexts(texts);
  const messages = use(FieldProblems);
  const rare = fields.filter(({ isRare }) => isRare);
  const isBlamed = rare.some(({ name }) => messageAt(messages, `${root}.${name}`) !== undefined);
  const shown = (field: SchemaField) => {
    const help = t.helpOf(type, field.name, field.description);
    return (
      <Field
        key={field.name}
        label={t.labels[field.name] ?? field.name}
        help={kept.includes(field.name) ? `${t.keptSecret} ${help}` : help}
        path={`${root}.${field.name}`}
        isRequired={field.isRequired && !kept.includes(field.name)}
      >
        {(control) => (
          <SchemaInput
            control={control}
            field={field}
            value={typed[field.name]}
            onChange={(value) => onChange({ ...typed, [field.name]: value })}
          />
        )}
      </Field>
    );
  };
  return (
    <>
      <div className="field-grid">{fields.filter(({ isRare }) => !isRare).map(shown)}</div>
      {rare.length > 0 && (
        <Collapse
          key={String(isBlamed)}
          ghost
          defaultActiveKey={isBlamed ? ['more'] : []}
          items={[{ key: 'more', label: t.more, children: <div className="field-grid">{rare.map(shown)}</div> }]}
        />
      )}
    </>
  );
}

interface SchemaInputProps {
  control: FieldControl;
  field: SchemaField;
  value: unknown;
  onChange: (value: unknown) => void;
}

function SchemaInput({ control, field: { input, usual, isRequired }, value, onChange }: SchemaInputProps) {
  const t = useTexts(texts);
  const usualText = usual === undefined || usual === '' || typeof usual === 'object' ? '' : t.usual(String(usual));
  const text = typeof value === 'string' ? value : '';
  const common = { ...control, required: isRequired, autoComplete: 'off', spellCheck: false, placeholder: usualText };
  const onText = ({ target }: { target: { value: string } }) => onChange(target.value);
  const { status: _status, ...plain } = control;
  if (input === 'switch') return <Switch {...plain} className="switch" checked={(value ?? usual) === true} onChange={onChange} />;
  if (input === 'number')
    return <InputNumber {...control} placeholder={usualText} value={value as number | null} controls={false} onChange={onChange} />;
  if (input === 'lines') return <ListInput control={control} value={value ?? usual} onChange={onChange} />;
  if (input === 'pairs') return <PairsInput control={control} value={value ?? usual} onChange={onChange} />;
  // A browser that offers to save it, or fills in the password of somebody's account, is of no help here.
  if (input === 'secret') return <Input.Password {...common} autoComplete="new-password" value={text} onChange={onText} />;
  if (input === 'area') return <Input.TextArea {...common} className="mono" value={text} rows={4} onChange={onText} />;
  if (input === 'text') return <Input {...common} value={text} onChange={onText} />;
  const options = input.map((each) => ({ value: each, label: t.values[each] ?? each }));
  return <Select {...control} value={(value ?? usual) as string} options={options} onChange={onChange} />;
}

type WholeInputProps = Omit<SchemaInputProps, 'field'>;

/** In a field of one height: the library's own way of growing writes styles that the policy refuses. Empty lines are taken out when it is sent. */
function ListInput({ control, value, onChange }: WholeInputProps) {
  const lines = Array.isArray(value) ? (value as string[]) : [];
  return <LinesInput {...control} value={lines} spellCheck={false} rows={3} onChange={onChange} />;
}

/** Uncontrolled: what is typed is kept as it is, and read as pairs. */
function PairsInput({ control, value, onChange }: WholeInputProps) {
  return (
    <Input.TextArea
      {...control}
      className="mono"
      defaultValue={linesOf(value)}
      spellCheck={false}
      rows={3}
      onChange={({ target }) => onChange(pairsOf(target.value))}
    />
  );
}
