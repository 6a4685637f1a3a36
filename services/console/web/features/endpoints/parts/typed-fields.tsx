import { Collapse } from 'antd';
import { use } from 'react';
import { FieldProblems, messageAt } from '../../../elements/field-problems';
import { useTexts } from '../../../language/texts';
import type { FieldEntry, Typed } from '../endpoint-fields';
import { texts } from '../texts';
import { TypedField } from './typed-field';

export interface TypedFieldsProps {
  entries: readonly FieldEntry[];
  /** Where they are in the request: `location`. */
  root: string;
  labels: Readonly<Record<string, { label: string; help?: string }>>;
  typed: Typed;
  onChange: (typed: Typed) => void;
}

/** Those that everybody needs, and the others behind a button; one that the API complains of is shown in any case. */
export function TypedFields({ entries, root, labels, typed, onChange }: TypedFieldsProps) {
  const t = useTexts(texts);
  const messages = use(FieldProblems);
  const rare = entries.filter(({ isRare }) => isRare);
  const isBlamed = rare.some(({ name }) => messageAt(messages, `${root}.${name}`) !== undefined);
  const shown = (entry: FieldEntry) => (
    <TypedField
      key={entry.name}
      entry={entry}
      path={`${root}.${entry.name}`}
      text={labels[entry.name] ?? { label: entry.name }}
      value={typed[entry.name]}
      onChange={(value) => onChange({ ...typed, [entry.name]: value })}
    />
  );
  return (
    <>
      <div className="field-grid">{entries.filter(({ isRare }) => !isRare).map(shown)}</div>
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
