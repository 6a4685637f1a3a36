import { PageHeader } from '../../elements/page-header';
import { useTexts } from '../../language/texts';
import { useIdentity, useMay } from '../../session/use-session';
import { InvitationList } from './parts/invitation-list';
import { MemberList } from './parts/member-list';
import { ServiceAccountList } from './parts/service-account-list';
import { texts } from './texts';

/** Who may work in the workspace: people, those who are invited, and programs. */
export default function MembersPage() {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const mayManageServices = useMay('service-account:manage');
  return (
    <>
      <PageHeader title={t.title} lead={t.lead(workspace)} />
      <MemberList workspace={workspace} />
      <div className="columns">
        <InvitationList workspace={workspace} />
        {mayManageServices && <ServiceAccountList workspace={workspace} />}
      </div>
    </>
  );
}
