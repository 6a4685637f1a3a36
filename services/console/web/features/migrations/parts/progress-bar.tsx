import type { Schema } from '@smartant/contracts/openapi';
import { useFormats } from '../../../language/format';
import { progressOf } from '../progress';

/** How much is at the target; a dash where nobody can know. */
export function ProgressBar({ migration, label }: { migration: Schema<'Migration'>; label: string }) {
  const format = useFormats();
  const ratio = progressOf(migration);
  if (ratio === null) return <span className="progress-unknown">–</span>;
  return (
    <span className="progress" data-status={migration.status}>
      <progress max={1} value={ratio} aria-label={`${label}: ${migration.name}`} />
      {format.percent(ratio)}
    </span>
  );
}
