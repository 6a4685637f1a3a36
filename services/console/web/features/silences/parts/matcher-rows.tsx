import DeleteOutlined from '@ant-design/icons/DeleteOutlined';
import { AutoComplete, Button, Select } from 'antd';
import { use } from 'react';
import { FieldProblems, messageAt } from '../../../elements/field-problems';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { SEVERITIES } from '../../alerts/severities';
import { BLANK_MATCHER, OPERATORS, type Matcher } from '../matcher-text';
import { texts } from '../texts';

export interface MatcherRowsProps {
  /** Where they are in the request: `matchers`. */
  path: string;
  matchers: readonly Matcher[];
  onChange: (matchers: Matcher[]) => void;
}

/** Asked beside an alert's own labels; others can be typed in as well. */
const LABELS = [
  'alertname',
  'severity',
  'source',
  'migration',
  'migration_id',
  'endpoint',
  'kind',
  'phase',
  'error_code',
  'namespace',
  'node',
];
const VALUES: Record<string, readonly string[]> = {
  severity: SEVERITIES,
  source: ['scheduler', 'kubernetes', 'alertmanager', 'kubesphere'],
  kind: ['host', 'database', 'storage'],
};
const optionsOf = (values: readonly string[]) => values.map((value) => ({ value }));
const narrowed = (typed: string, option?: { value: string }) => option?.value.includes(typed) ?? false;

/** Conditions on labels, all of which have to fit. */
export function MatcherRows({ path, matchers, onChange }: MatcherRowsProps) {
  const t = useTexts(texts);
  const change = (at: number, part: Partial<Matcher>) =>
    onChange(matchers.map((matcher, index) => (index === at ? { ...matcher, ...part } : matcher)));
  return (
    <div className="matcher-rows">
      {matchers.map((matcher, at) => (
        // Without identity: rows are known by their place alone.
        <MatcherRow
          key={at}
          number={at + 1}
          path={`${path}.${at}`}
          matcher={matcher}
          onChange={(part) => change(at, part)}
          onRemove={() => onChange(matchers.filter((_each, index) => index !== at))}
        />
      ))}
      <Button size="small" onClick={() => onChange([...matchers, BLANK_MATCHER])}>
        {t.addMatcher}
      </Button>
    </div>
  );
}

interface MatcherRowProps {
  number: number;
  path: string;
  matcher: Matcher;
  onChange: (part: Partial<Matcher>) => void;
  onRemove: () => void;
}

function MatcherRow({ number, path, matcher: { label, operator, value }, onChange, onRemove }: MatcherRowProps) {
  const t = useTexts(texts);
  const count = useFormats().count(number);
  const message = messageAt(use(FieldProblems), path);
  const status = message === undefined ? undefined : 'error';
  return (
    <div className="matcher-row">
      <AutoComplete
        aria-label={t.labelOf(count)}
        placeholder={t.label}
        value={label}
        status={status}
        options={optionsOf(LABELS)}
        showSearch={{ filterOption: narrowed }}
        onChange={(text: string) => onChange({ label: text })}
      />
      <Select
        aria-label={t.operatorOf(count)}
        value={operator}
        options={OPERATORS.map((each) => ({ value: each, label: t.operators[each] }))}
        popupMatchSelectWidth={false}
        onChange={(chosen) => onChange({ operator: chosen })}
      />
      <AutoComplete
        aria-label={t.valueOf(count)}
        value={value}
        status={status}
        options={optionsOf(VALUES[label] ?? [])}
        showSearch={{ filterOption: narrowed }}
        onChange={(text: string) => onChange({ value: text })}
      />
      <Button type="text" aria-label={t.removeMatcher(count)} icon={<DeleteOutlined aria-hidden="true" />} onClick={onRemove} />
      {message && (
        <p className="field-message" role="alert">
          {message}
        </p>
      )}
    </div>
  );
}
