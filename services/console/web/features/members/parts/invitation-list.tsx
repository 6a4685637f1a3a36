import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { SecretOnce } from '../../api-keys/parts/secret-once';
import { invitationsQuery, useInvite, useRevokeInvitation } from '../queries';
import { texts } from '../texts';
import { ConfirmedButton } from './confirmed-button';
import { NamedRoleForm } from './named-role-form';

export function InvitationList({ workspace }: { workspace: string }) {
  const t = useTexts(texts);
  const { data, error, refetch } = useQuery(invitationsQuery(workspace));
  const [isAsked, setAsked] = useState(false);
  const invite = useInvite(workspace);
  const revoke = useRevokeInvitation(workspace);
  const close = () => {
    setAsked(false);
    invite.reset();
  };
  return (
    <section className="panel" aria-label={t.invitations}>
      <div className="panel-head">
        <h2>{t.invitations}</h2>
        <Button type="primary" onClick={() => setAsked(true)}>
          {t.invite}
        </Button>
      </div>
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {revoke.error && <ProblemView error={revoke.error} />}
      {data?.items.length === 0 && <p className="quiet">{t.invitationsNone}</p>}
      <ul className="rows">
        {data?.items.map(({ id, invitee, role, expiresAt }) => (
          <li key={id}>
            <div>
              <span>
                <strong className="unit">{invitee}</strong> {t.roles[role]}{' '}
                <span className="quiet">
                  {t.expires} <RelativeTime at={expiresAt} />
                </span>
              </span>
              <ConfirmedButton
                text={t.revoke}
                label={t.revokeOf(invitee)}
                title={t.revokeTitle(invitee)}
                description={t.revokeText}
                onConfirm={() => revoke.mutate(id)}
              />
            </div>
          </li>
        ))}
      </ul>
      {isAsked && !invite.data && (
        <NamedRoleForm
          title={t.invite}
          label={t.invitee}
          help={t.inviteeHelp}
          isBusy={invite.isPending}
          error={invite.error}
          onSubmit={({ name, role }) => invite.mutate({ invitee: name, role })}
          onClose={close}
        />
      )}
      {invite.data && <SecretOnce title={invite.data.invitee} text={t.invitedOnce} secret={invite.data.token} onClose={close} />}
    </section>
  );
}
