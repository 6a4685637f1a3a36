import { Button, Table, type TableColumnsType } from 'antd';
import { RelativeTime } from '../../../elements/relative-time';
import { useLanguage, useTexts } from '../../../language/texts';
import { saidBy, subjectOf, titleOf } from '../alert-words';
import type { Alert } from '../queries';
import { texts } from '../texts';
import { AlertState, SeverityBadge } from './alert-badges';

export type AlertAct = 'acknowledge' | 'silence';

export interface AlertTableProps {
  alerts: Alert[];
  isLoading: boolean;
  mayOperate: boolean;
  onOpen: (alert: Alert) => void;
  onAct: (act: AlertAct, alert: Alert) => void;
}

export function AlertTable({ alerts, isLoading, mayOperate, onOpen, onAct }: AlertTableProps) {
  const t = useTexts(texts);
  const columns: TableColumnsType<Alert> = [
    { key: 'severity', title: t.severity, render: (_value, { severity }) => <SeverityBadge severity={severity} /> },
    { key: 'what', title: t.what, render: (_value, alert) => <WhatCell alert={alert} onOpen={onOpen} /> },
    { key: 'state', title: t.status, responsive: ['sm'], render: (_value, alert) => <AlertState alert={alert} /> },
    { key: 'since', title: t.since, responsive: ['md'], render: (_value, { startsAt }) => <RelativeTime at={startsAt} /> },
  ];
  const actions: TableColumnsType<Alert> = [
    { key: 'acts', title: t.actions, responsive: ['md'], render: (_value, alert) => <AlertActs alert={alert} onAct={onAct} /> },
  ];
  return (
    <Table<Alert>
      rowKey="id"
      columns={mayOperate ? [...columns, ...actions] : columns}
      dataSource={alerts}
      loading={isLoading}
      pagination={false}
      locale={{ emptyText: t.noneMatch }}
    />
  );
}

function WhatCell({ alert, onOpen }: { alert: Alert; onOpen: (alert: Alert) => void }) {
  const t = useTexts(texts);
  const { language } = useLanguage();
  const title = titleOf(alert, language);
  const [subject, said] = [subjectOf(alert), saidBy(alert)];
  return (
    <div className="alert-what">
      <Button type="link" className="cell-button" aria-label={t.details(`${title} ${subject}`.trim())} onClick={() => onOpen(alert)}>
        <strong>{title}</strong>
      </Button>
      {subject !== '' && <span>{subject}</span>}
      <span className="phone-only">
        <AlertState alert={alert} />
      </span>
      {said && <span className="quiet">{said}</span>}
    </div>
  );
}

/** What can be done about one that fires. */
export function AlertActs({ alert, onAct }: { alert: Alert; onAct: (act: AlertAct, alert: Alert) => void }) {
  const t = useTexts(texts);
  const { language } = useLanguage();
  if (alert.status !== 'firing') return null;
  const name = `${titleOf(alert, language)} ${subjectOf(alert)}`.trim();
  return (
    <span className="row-actions">
      {alert.acknowledgedAt === null && (
        <Button size="small" aria-label={t.acknowledgeOf(name)} onClick={() => onAct('acknowledge', alert)}>
          {t.acknowledge}
        </Button>
      )}
      <Button size="small" aria-label={t.silenceOf(name)} onClick={() => onAct('silence', alert)}>
        {t.silence}
      </Button>
    </span>
  );
}
