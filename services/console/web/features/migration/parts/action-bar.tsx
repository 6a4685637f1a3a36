import { Button } from 'antd';
import { useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { useTexts } from '../../../language/texts';
import type { Action } from '../queries';
import { texts } from '../texts';
import { ActionDialog } from './action-dialog';

/** The sensible next step first; what ends something last. */
const ORDER: readonly Action[] = ['retry', 'resume', 'cutover', 'finalize', 'rehearse', 'pause', 'rollback', 'cancel'];
const PRIMARY: readonly Action[] = ['retry', 'resume', 'cutover', 'finalize'];

/** The actions that its state allows, as the platform says it. */
export function ActionBar({ migration, workspace }: { migration: Schema<'Migration'>; workspace: string }) {
  const t = useTexts(texts);
  const [asked, setAsked] = useState<Action | null>(null);
  const allowed = ORDER.filter((action) => migration.allowedActions.includes(action));
  return (
    <>
      {allowed.map((action, index) => (
        <Button
          key={action}
          type={index === 0 && PRIMARY.includes(action) ? 'primary' : 'default'}
          danger={action === 'cancel' || action === 'rollback'}
          onClick={() => setAsked(action)}
        >
          {t.actions[action]}
        </Button>
      ))}
      {asked && <ActionDialog action={asked} migration={migration} workspace={workspace} onClose={() => setAsked(null)} />}
    </>
  );
}
