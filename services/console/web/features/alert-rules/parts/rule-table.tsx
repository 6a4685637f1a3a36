import { Button, Table, Tag, type TableColumnsType } from 'antd';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { SeverityBadge } from '../../alerts/parts/alert-badges';
import { AskedButton } from '../../alerts/parts/asked-button';
import { useAlertScope } from '../../alerts/scope';
import { useResetRule, type AlertRule } from '../queries';
import { texts } from '../texts';

export interface RuleTableProps {
  rules: AlertRule[];
  isLoading: boolean;
  mayWrite: boolean;
  onOpen: (rule: AlertRule) => void;
}

/** What is watched, and from what on it is told. */
export function RuleTable({ rules, isLoading, mayWrite, onOpen }: RuleTableProps) {
  const t = useTexts(texts);
  const columns: TableColumnsType<AlertRule> = [
    { key: 'rule', title: t.rule, render: (_value, rule) => <RuleCell rule={rule} /> },
    { key: 'severity', title: t.severity, responsive: ['sm'], render: (_value, { severity }) => <SeverityBadge severity={severity} /> },
    { key: 'conditions', title: t.conditions, width: 220, responsive: ['md'], render: (_value, rule) => <Conditions rule={rule} /> },
    {
      key: 'state',
      title: t.state,
      render: (_value, { enabled }) => (
        <span className="health" data-health={enabled ? 'ok' : 'unused'}>
          {enabled ? t.on : t.off}
        </span>
      ),
    },
  ];
  const actions: TableColumnsType<AlertRule> = [
    {
      key: 'acts',
      title: t.actions,
      render: (_value, rule) => (
        <span className="row-actions">
          <Button size="small" aria-label={t.changeOf(t.nameOf(rule.name))} onClick={() => onOpen(rule)}>
            {t.change}
          </Button>
          {rule.isChanged && <ResetButton rule={rule} />}
        </span>
      ),
    },
  ];
  return (
    <Table<AlertRule>
      rowKey="name"
      columns={mayWrite ? [...columns, ...actions] : columns}
      dataSource={rules}
      loading={isLoading}
      pagination={false}
    />
  );
}

function RuleCell({ rule: { name, summary, isChanged } }: { rule: AlertRule }) {
  const t = useTexts(texts);
  const shown = t.nameOf(name);
  return (
    <span className="lines">
      <span className="endpoint-name">
        <strong>{shown}</strong>
        {shown !== name && <code>{name}</code>}
        {isChanged && <Tag color="blue">{t.changed}</Tag>}
      </span>
      <span className="quiet">{t.summaryOf(name, summary)}</span>
    </span>
  );
}

function Conditions({ rule: { thresholds, thresholdRanges, forSeconds } }: { rule: AlertRule }) {
  const t = useTexts(texts);
  const format = useFormats();
  return (
    <span className="lines">
      {Object.entries(thresholds).map(([name, value]) => {
        const usual = thresholdRanges[name]?.usual;
        return (
          <span key={name}>
            {t.thresholds[name] ?? name}: <strong>{format.count(value)}</strong>
            {usual !== undefined && usual !== value && <span className="quiet"> ({t.usual(format.count(usual))})</span>}
          </span>
        );
      })}
      {forSeconds > 0 && <span className="quiet">{t.lasting(format.duration(forSeconds))}</span>}
      {forSeconds === 0 && Object.keys(thresholds).length === 0 && <span className="quiet">{t.atOnce}</span>}
    </span>
  );
}

function ResetButton({ rule }: { rule: AlertRule }) {
  const t = useTexts(texts);
  const { mutate, isPending, error, reset } = useResetRule(useAlertScope());
  return (
    <AskedButton
      text={t.reset}
      label={t.resetOf(t.nameOf(rule.name))}
      title={t.resetTitle}
      explanation={t.resetText}
      isBusy={isPending}
      error={error}
      onConfirm={(close) => mutate(rule, { onSuccess: close })}
      onLeave={reset}
    />
  );
}
