import { useQuery } from '@tanstack/react-query';
import { Alert } from 'antd';
import { PageHeader } from '../../elements/page-header';
import type { MigrationKind } from '../../elements/kind-icon';
import { useTexts } from '../../language/texts';
import { useIdentity, useMay } from '../../session/use-session';
import { ChoiceCard } from './parts/choice-card';
import { SamplePanel } from './parts/sample-panel';
import { sampleQuery } from './queries';
import { texts } from './texts';

const KINDS: readonly MigrationKind[] = ['host', 'database', 'storage'];

/** The first thing that a new user sees: three choices, and an example. */
export default function WelcomePage() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const mayMigrate = useMay('migration:write');
  const { data: sample } = useQuery(sampleQuery(workspace));
  return (
    <>
      <PageHeader title={t.title} lead={t.lead} />
      {!mayMigrate && <Alert type="info" showIcon title={t.viewer} />}
      <div className="choices">
        {KINDS.map((kind) => (
          <ChoiceCard key={kind} kind={kind} mayBegin={mayMigrate} />
        ))}
      </div>
      <SamplePanel sample={sample} />
    </>
  );
}
