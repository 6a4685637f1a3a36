import DeleteOutlined from '@ant-design/icons/DeleteOutlined';
import PlusOutlined from '@ant-design/icons/PlusOutlined';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTexts } from '../language/texts';
import { Field } from './field';
import { texts } from './texts';

export interface RowsFieldProps<Row> {
  label: string;
  help: string;
  path: string;
  /** What a new row begins with. */
  blank: Row;
  /** As many as the API takes. */
  max?: number;
  rows: readonly Row[] | undefined;
  onChange: (rows: Row[] | undefined) => void;
  /** The inputs of one row, each with a name of its own. */
  children: (row: Row, change: (part: Partial<Row>) => void) => ReactNode;
}

/** Entries of several inputs each, any number of them. One that is half filled in stays, and the API says what it lacks. */
export function RowsField<Row>({ label, help, path, blank, max = Infinity, rows = [], onChange, children }: RowsFieldProps<Row>) {
  const t = useTexts(texts);
  const become = (all: Row[]) => onChange(all.length === 0 ? undefined : all);
  return (
    <Field label={label} help={help} path={path} isGroup>
      {() => (
        <div className="entry-rows">
          {rows.map((row, index) => (
            // Rows have nothing else to be told apart by.
            <div key={index} className="entry-row" role="group" aria-label={`${label} ${index + 1}`}>
              <div className="entry-inputs">{children(row, (part) => become(rows.toSpliced(index, 1, { ...row, ...part })))}</div>
              <Button
                type="text"
                icon={<DeleteOutlined aria-hidden="true" />}
                aria-label={`${t.removeEntry}: ${label} ${index + 1}`}
                onClick={() => become(rows.toSpliced(index, 1))}
              />
            </div>
          ))}
          <Button
            disabled={rows.length >= max}
            size="small"
            type="dashed"
            icon={<PlusOutlined aria-hidden="true" />}
            aria-label={`${t.addEntry}: ${label}`}
            onClick={() => become([...rows, blank])}
          >
            {t.addEntry}
          </Button>
        </div>
      )}
    </Field>
  );
}
