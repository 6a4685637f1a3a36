import type { ReactNode } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../language/texts';
import { texts } from './texts';

type Status = Schema<'Status'>;

/** A coloured dot and a word, because colour alone says nothing to some. */
export function StatusDot({ status, children }: { status: Status; children: ReactNode }) {
  return (
    <span className="status" data-status={status}>
      <i aria-hidden="true" />
      {children}
    </span>
  );
}

/** The status of a migration. */
export function StatusBadge({ status }: { status: Status }) {
  return <StatusDot status={status}>{useTexts(texts).statuses[status]}</StatusDot>;
}

/** Where a migration stands, apart from how it fares there. */
export function PhaseBadge({ phase }: { phase: Schema<'Phase'> }) {
  return <span className="phase">{useTexts(texts).phases[phase]}</span>;
}
