import { Drawer } from 'antd';
import { Fact } from '../../../elements/fact';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { changedFields } from '../changed-fields';
import type { AuditEntry } from '../queries';
import { texts } from '../texts';
import { Outcome } from './audit-table';

export interface EntryDetailsProps {
  entry: AuditEntry;
  nameOf: (userId: string) => string;
  onClose: () => void;
}

/** All of one entry: who, from where, and each field as it was and as it became. */
export function EntryDetails({ entry, nameOf, onClose }: EntryDetailsProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const { action, at, target, actor, outcome, code, seq, chain } = entry;
  return (
    <Drawer
      open
      title={<code>{action}</code>}
      size={560}
      onClose={onClose}
      aria-label={t.details(action)}
      closable={{ 'aria-label': t.close }}
    >
      <div className="stack">
        <dl className="facts">
          <Fact name={t.outcome}>
            <Outcome outcome={outcome} /> {code && <code>{code}</code>}
          </Fact>
          <Fact name={t.at}>{format.absolute(Date.parse(at))}</Fact>
          <Fact name={t.on}>
            {target.kind} {target.name} <code>{target.id}</code>
          </Fact>
          <Fact name={t.who}>
            {nameOf(actor.userId)} {nameOf(actor.userId) !== actor.userId && <code>{actor.userId}</code>}
          </Fact>
          <Fact name={t.address}>{actor.address}</Fact>
          <Fact name={t.credential}>{actor.credential && <code>{actor.credential}</code>}</Fact>
          <Fact name={t.trace}>{actor.traceId && <code>{actor.traceId}</code>}</Fact>
          <Fact name={t.seq}>
            {format.count(seq)} · <code>{chain}</code>
          </Fact>
        </dl>
        <h2>{t.changes}</h2>
        <Changes entry={entry} />
      </div>
    </Drawer>
  );
}

function Changes({ entry: { before, after } }: { entry: AuditEntry }) {
  const t = useTexts(texts);
  const changes = changedFields(before, after);
  if (changes.length === 0) return <p className="quiet">{t.noChanges}</p>;
  return (
    <table className="changes">
      <thead>
        <tr>
          <th scope="col">{t.field}</th>
          <th scope="col">{t.before}</th>
          <th scope="col">{t.after}</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.field}>
            <th scope="row">
              <code>{change.field}</code>
            </th>
            <td className="unit">{change.before === null ? <span className="quiet">{t.absent}</span> : <del>{change.before}</del>}</td>
            <td className="unit">{change.after === null ? <span className="quiet">{t.gone}</span> : <ins>{change.after}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
