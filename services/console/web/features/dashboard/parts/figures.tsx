import type { Schema } from '@smartant/contracts/openapi';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { needsSomebody } from '../../migrations/progress';
import { texts } from '../texts';

/** The four numbers that say whether all is well. */
export function Figures({ migrations }: { migrations: readonly Schema<'Migration'>[] }) {
  const t = useTexts(texts);
  const format = useFormats();
  const count = (wanted: (migration: Schema<'Migration'>) => boolean) => format.count(migrations.filter(wanted).length);
  return (
    <dl className="figures">
      <Figure name={t.running} tone="running" value={count(({ status }) => status === 'running')} />
      <Figure name={t.attention} tone="waiting" value={count(needsSomebody)} />
      <Figure name={t.failed} tone="failed" value={count(({ status }) => status === 'failed')} />
      <Figure name={t.done} tone="succeeded" value={count(({ phase, status }) => phase === 'done' && status === 'succeeded')} />
    </dl>
  );
}

function Figure({ name, value, tone }: { name: string; value: string; tone: string }) {
  return (
    <div className="panel figure status" data-status={tone}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
