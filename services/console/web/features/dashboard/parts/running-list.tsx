import type { Schema } from '@smartant/contracts/openapi';
import { KindLabel } from '../../../elements/kind-icon';
import { PhaseBadge } from '../../../elements/state-badges';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { ProgressBar } from '../../migrations/parts/progress-bar';
import { texts } from '../texts';
import { MigrationPanel } from './migration-panel';

export function RunningList({ migrations }: { migrations: readonly Schema<'Migration'>[] }) {
  const t = useTexts(texts);
  const format = useFormats();
  return (
    <MigrationPanel title={t.runningTitle} none={t.runningNone} migrations={migrations} badge={({ phase }) => <PhaseBadge phase={phase} />}>
      {(migration) => (
        <div className="quiet">
          <KindLabel kind={migration.spec.kind} />
          <span>{format.bytes(migration.ledger.copiedBytes)}</span>
          {migration.stream && <span>{t.behind(format.duration(migration.stream.lagMs / 1_000))}</span>}
          <ProgressBar migration={migration} label={t.progress} />
        </div>
      )}
    </MigrationPanel>
  );
}
