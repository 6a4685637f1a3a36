import { useQuery } from '@tanstack/react-query';
import type { Schema } from '@smartant/contracts/openapi';
import { Alert, Button } from 'antd';
import { RelativeTime } from '../../../elements/relative-time';
import { useTexts } from '../../../language/texts';
import { useIdentity, useMay } from '../../../session/use-session';
import { membersQuery } from '../../members/queries';
import type { DraftKeeper } from '../draft-keeper';
import { planOf, type Plan } from '../plan';
import { texts } from '../texts';

/** Somebody else has saved the same draft: who, and what shall become of both. */
export function StaleNotice({ keeper, mine, theirs }: { keeper: DraftKeeper; mine: Plan; theirs: Schema<'MigrationDraft'> }) {
  const t = useTexts(texts);
  const { workspace, userId } = useIdentity();
  const { data: members } = useQuery({ ...membersQuery(workspace), enabled: useMay('member:manage') });
  const named = members?.items.find((member) => member.userId === theirs.updatedBy)?.username;
  const who = theirs.updatedBy === userId ? t.yourself : (named ?? t.somebody);
  const plan = planOf(theirs.content);
  return (
    <Alert
      role="alert"
      type="warning"
      showIcon
      title={t.stale(who)}
      description={
        <p>
          <RelativeTime at={theirs.updatedAt} /> · {t.staleText}
        </p>
      }
      action={
        <span className="stale-actions">
          {plan && (
            <Button type="primary" onClick={() => void keeper.settle(theirs, plan, false)}>
              {t.takeTheirs}
            </Button>
          )}
          <Button onClick={() => void keeper.settle(theirs, mine, true)}>{t.keepMine}</Button>
        </span>
      }
    />
  );
}
