import { Table, type TableColumnsType } from 'antd';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { AskedButton } from '../../alerts/parts/asked-button';
import { useAlertScope } from '../../alerts/scope';
import { writeMatcher, type Matcher } from '../matcher-text';
import { useExpire, type Silence } from '../queries';
import { texts } from '../texts';

export interface SilenceTableProps {
  silences: Silence[];
  isLoading: boolean;
  mayOperate: boolean;
}

const textOf = ({ matchers }: Silence) => matchers.map((matcher) => writeMatcher(matcher as Matcher));

export function SilenceTable({ silences, isLoading, mayOperate }: SilenceTableProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const columns: TableColumnsType<Silence> = [
    {
      key: 'state',
      title: t.state,
      render: (_value, { state }) => (
        <span className="health" data-health={state}>
          {t.states[state] ?? state}
        </span>
      ),
    },
    { key: 'matchers', title: t.matchers, render: (_value, silence) => <MatcherCell silence={silence} /> },
    {
      key: 'times',
      title: t.times,
      responsive: ['md'],
      render: (_value, { startsAt, endsAt }) => (
        <span className="lines">
          <span>
            {t.from} {format.absolute(Date.parse(startsAt))}
          </span>
          <span>
            {t.until} {format.absolute(Date.parse(endsAt))}
          </span>
        </span>
      ),
    },
    { key: 'by', title: t.by, responsive: ['lg'], render: (_value, { createdBy }) => <span className="unit">{createdBy}</span> },
  ];
  const actions: TableColumnsType<Silence> = [
    { key: 'acts', title: t.actions, render: (_value, silence) => silence.state !== 'expired' && <ExpireButton silence={silence} /> },
  ];
  return (
    <Table<Silence>
      rowKey="id"
      columns={mayOperate ? [...columns, ...actions] : columns}
      dataSource={silences}
      loading={isLoading}
      pagination={false}
      locale={{ emptyText: t.none }}
    />
  );
}

function MatcherCell({ silence }: { silence: Silence }) {
  return (
    <span className="lines">
      {textOf(silence).map((text) => (
        <code key={text}>{text}</code>
      ))}
      <span className="quiet unit">{silence.comment}</span>
    </span>
  );
}

function ExpireButton({ silence }: { silence: Silence }) {
  const t = useTexts(texts);
  const { mutate, isPending, error, reset } = useExpire(useAlertScope());
  return (
    <AskedButton
      text={t.expire}
      label={t.expireOf(textOf(silence).join(' '))}
      title={t.expireTitle}
      explanation={t.expireText}
      isBusy={isPending}
      error={error}
      onConfirm={(close) => mutate(silence.id, { onSuccess: close })}
      onLeave={reset}
    />
  );
}
