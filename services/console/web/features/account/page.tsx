import { PageHeader } from '../../elements/page-header';
import { useTexts } from '../../language/texts';
import { useIdentity } from '../../session/use-session';
import { PasswordPanel } from './parts/password-panel';
import { SecondFactorPanel } from './parts/second-factor-panel';
import { SessionList } from './parts/session-list';
import { texts } from './texts';

export default function AccountPage() {
  const t = useTexts(texts);
  const { username } = useIdentity();
  return (
    <>
      <PageHeader title={t.title} lead={t.lead(username)} />
      <div className="columns">
        <div className="column">
          <SecondFactorPanel />
          <SessionList />
        </div>
        <PasswordPanel />
      </div>
    </>
  );
}
