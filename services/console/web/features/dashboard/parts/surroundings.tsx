import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../../../language/texts';
import { useMay } from '../../../session/use-session';
import { texts } from '../texts';
import { EndpointHealth } from './endpoint-health';
import { Everywhere } from './everywhere';
import { WindowList } from './window-list';
import './surroundings.css';

/** What migrations depend on, and for administrators how other workspaces fare. Below the fold, and loaded after what is above it. */
export default function Surroundings({ workspace, migrations }: { workspace: string; migrations: readonly Schema<'Migration'>[] }) {
  const t = useTexts(texts);
  const mayAll = useMay('workspace:manage');
  return (
    <>
      <div className="columns">
        <EndpointHealth workspace={workspace} title={t.endpointsTitle} />
        <WindowList migrations={migrations} />
      </div>
      {mayAll && (
        <div className="columns">
          <Everywhere />
          <EndpointHealth workspace={null} title={t.endpointsEverywhere} />
        </div>
      )}
    </>
  );
}
