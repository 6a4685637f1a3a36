import DeleteOutlined from '@ant-design/icons/DeleteOutlined';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface RowListProps<Row> {
  rows: readonly Row[];
  addText: string;
  fresh: () => Row;
  onChange: (rows: Row[]) => void;
  children: (row: Row, change: (part: Partial<Row>) => void, at: number) => ReactNode;
}

/** Rows that are added and taken out, known by their place alone. */
export function RowList<Row extends object>({ rows, addText, fresh, onChange, children }: RowListProps<Row>) {
  const t = useTexts(texts);
  const format = useFormats();
  return (
    <div className="row-list">
      {rows.map((row, at) => (
        <div key={at} className="row-line" role="group" aria-label={t.row(format.count(at + 1))}>
          {children(row, (part) => onChange(rows.map((each, index) => (index === at ? { ...each, ...part } : each))), at)}
          <Button
            type="text"
            aria-label={t.removeRow(format.count(at + 1))}
            icon={<DeleteOutlined aria-hidden="true" />}
            onClick={() => onChange(rows.filter((_each, index) => index !== at))}
          />
        </div>
      ))}
      <Button size="small" onClick={() => onChange([...rows, fresh()])}>
        {addText}
      </Button>
    </div>
  );
}
