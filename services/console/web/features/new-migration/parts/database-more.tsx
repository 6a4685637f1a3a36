import { Input } from 'antd';
import { RowsField } from '../../../elements/rows-field';
import { WordsInput } from '../../../elements/words-input';
import { useTexts } from '../../../language/texts';
import { pairsOf, pairWords, type ColumnChoice } from '../column-pairs';
import type { DatabaseScope } from '../plan';
import { texts } from '../texts';
import { MoreOptions } from './more-options';
import { NumberField } from './number-field';

const GIB = 1024 ** 3;
const NAMES = ['rows', 'renames', 'columns', 'tablespaces', 'tableJobs', 'maxRetainedWalBytes', 'quarantineCap'];
const PAIRS = ['renames', 'tablespaces'] as const;

export interface DatabaseMoreProps {
  scope: DatabaseScope;
  onChange: (change: Partial<DatabaseScope>) => void;
}

export function DatabaseMore({ scope, onChange }: DatabaseMoreProps) {
  const t = useTexts(texts);
  const d = t.database;
  return (
    <MoreOptions label={t.more} root="spec.database" names={NAMES} scope={scope}>
      <RowsField
        label={d.rows}
        help={d.rowsHelp}
        path="spec.database.rows"
        blank={{ table: '', where: '' }}
        rows={scope.rows}
        onChange={(rows) => onChange({ rows })}
      >
        {({ table, where }, change) => (
          <>
            <Input aria-label={d.table} placeholder="app.orders" value={table} onChange={({ target }) => change({ table: target.value })} />
            <Input
              className="wide mono"
              aria-label={d.where}
              placeholder="created_at >= '2025-01-01'"
              value={where}
              onChange={({ target }) => change({ where: target.value })}
            />
          </>
        )}
      </RowsField>
      {PAIRS.map((name) => (
        <RowsField
          key={name}
          label={d[name]}
          help={d[`${name}Help`]}
          path={`spec.database.${name}`}
          blank={{ from: '', to: '' }}
          rows={scope[name]}
          onChange={(pairs) => onChange({ [name]: pairs })}
        >
          {({ from, to }, change) => (
            <>
              <Input aria-label={d.from} placeholder={d.from} value={from} onChange={({ target }) => change({ from: target.value })} />
              <Input aria-label={d.to} placeholder={d.to} value={to} onChange={({ target }) => change({ to: target.value })} />
            </>
          )}
        </RowsField>
      ))}
      <ColumnRows columns={scope.columns} onChange={(columns) => onChange({ columns })} />
      <Numbers scope={scope} onChange={onChange} />
    </MoreOptions>
  );
}

interface ColumnRowsProps {
  columns: ColumnChoice[] | undefined;
  onChange: (columns: ColumnChoice[] | undefined) => void;
}

function ColumnRows({ columns, onChange }: ColumnRowsProps) {
  const d = useTexts(texts).database;
  return (
    <RowsField
      label={d.columns}
      help={d.columnsHelp}
      path="spec.database.columns"
      blank={{ table: '', exclude: [], renames: [] }}
      rows={columns}
      onChange={onChange}
    >
      {({ table, exclude = [], renames }, change) => (
        <>
          <Input aria-label={d.table} placeholder="app.users" value={table} onChange={({ target }) => change({ table: target.value })} />
          <WordsInput
            className="wide"
            aria-label={d.leftOut}
            placeholder={d.leftOutExample}
            value={exclude}
            onChange={(names) => change({ exclude: names })}
          />
          <WordsInput
            className="wide"
            aria-label={d.renamed}
            placeholder={d.renamedExample}
            value={pairWords(renames)}
            onChange={(typed) => change({ renames: pairsOf(typed) })}
          />
        </>
      )}
    </RowsField>
  );
}

function Numbers({ scope, onChange }: DatabaseMoreProps) {
  const t = useTexts(texts);
  const d = t.database;
  return (
    <div className="field-grid">
      <NumberField
        label={d.jobs}
        help={d.jobsHelp}
        path="spec.database.tableJobs"
        placeholder={t.automatic}
        max={64}
        value={scope.tableJobs}
        onChange={(jobs) => onChange({ tableJobs: jobs, indexJobs: jobs })}
      />
      <NumberField
        label={d.maxRetainedWal}
        help={d.maxRetainedWalHelp}
        path="spec.database.maxRetainedWalBytes"
        placeholder={t.automatic}
        unit="GiB"
        scale={GIB}
        value={scope.maxRetainedWalBytes}
        onChange={(maxRetainedWalBytes) => onChange({ maxRetainedWalBytes })}
      />
      <NumberField
        label={t.quarantineCap}
        help={t.quarantineCapHelp}
        path="spec.database.quarantineCap"
        placeholder="100"
        value={scope.quarantineCap}
        onChange={(quarantineCap) => onChange({ quarantineCap })}
      />
    </div>
  );
}
