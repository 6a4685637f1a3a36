import type { Schema } from '@smartant/contracts/openapi';
import { StatusBadge } from '../../../elements/state-badges';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';
import { MigrationPanel } from './migration-panel';

type Migration = Schema<'Migration'>;

/** Each with what it waits for, or why it failed and what to do about it. */
export function AttentionList({ migrations }: { migrations: readonly Migration[] }) {
  const t = useTexts(texts);
  return (
    <MigrationPanel
      title={t.attentionTitle}
      none={t.attentionNone}
      migrations={migrations}
      badge={({ status }) => <StatusBadge status={status} />}
    >
      {(migration) => <Reason migration={migration} />}
    </MigrationPanel>
  );
}

function Reason({ migration: { error, stuck, waitingFor } }: { migration: Migration }) {
  const t = useTexts(texts);
  const trouble = error ?? stuck?.error;
  if (!trouble) return <p className="quiet">{waitingFor && t.waitingFor[waitingFor.reason]}</p>;
  return (
    <p className="quiet">
      {trouble.message} {trouble.hint} <code>{trouble.code}</code>
    </p>
  );
}
