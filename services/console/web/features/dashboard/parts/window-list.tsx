import type { Schema } from '@smartant/contracts/openapi';
import { PhaseBadge } from '../../../elements/state-badges';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { nextWindows, opensAt } from '../next-windows';
import { texts } from '../texts';
import { MigrationPanel } from './migration-panel';

/** What waits for its calendar, and when it goes on. */
export function WindowList({ migrations }: { migrations: readonly Schema<'Migration'>[] }) {
  const t = useTexts(texts);
  return (
    <MigrationPanel
      title={t.windowsTitle}
      none={t.windowsNone}
      migrations={nextWindows(migrations)}
      badge={({ phase }) => <PhaseBadge phase={phase} />}
    >
      {(migration) => (
        <p className="quiet">
          {t.opens} <RelativeTime at={opensAt(migration) ?? ''} />
        </p>
      )}
    </MigrationPanel>
  );
}
