import type { Schema } from '@smartant/contracts/openapi';
import { PhaseBadge } from '../../../elements/state-badges';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { nextWindows } from '../next-windows';
import { texts } from '../texts';
import { MigrationPanel } from './migration-panel';

/** What waits for its calendar, and when it goes on. */
export function WindowList({ migrations }: { migrations: readonly Schema<'Migration'>[] }) {
  const t = useTexts(texts);
  const windows = nextWindows(migrations);
  const opensAt = new Map(windows.map(({ migration, opensAt: at }) => [migration.id, at]));
  return (
    <MigrationPanel
      title={t.windowsTitle}
      none={t.windowsNone}
      migrations={windows.map(({ migration }) => migration)}
      badge={({ phase }) => <PhaseBadge phase={phase} />}
    >
      {({ id }) => (
        <p className="quiet">
          {t.opens} <RelativeTime at={opensAt.get(id) ?? ''} />
        </p>
      )}
    </MigrationPanel>
  );
}
