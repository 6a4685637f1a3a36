import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../language/texts';
import { texts } from './texts';

type Status = Schema<'Status'>;

/** The status of a migration: a coloured dot and a word, because colour alone says nothing to some. */
export function StatusBadge({ status }: { status: Status }) {
  const t = useTexts(texts);
  return (
    <span className="status" data-status={status}>
      <i aria-hidden="true" />
      {t.statuses[status]}
    </span>
  );
}

/** Where a migration stands, apart from how it fares there. */
export function PhaseBadge({ phase }: { phase: Schema<'Phase'> }) {
  return <span className="phase">{useTexts(texts).phases[phase]}</span>;
}
