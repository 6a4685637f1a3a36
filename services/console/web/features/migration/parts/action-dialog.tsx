import { Checkbox, Input, Modal } from 'antd';
import { useId, useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useAction, type Action } from '../queries';
import { texts } from '../texts';

export interface ActionDialogProps {
  action: Action;
  migration: Schema<'Migration'>;
  workspace: string;
  onClose: () => void;
}

/** Those that cannot be taken back: the name is to be typed. */
const FINAL: readonly Action[] = ['cancel', 'cutover', 'finalize', 'rollback'];

/** Says what will happen and what will not, before it does. A refusal stays here, with what to do about it. */
export function ActionDialog({ action, migration, workspace, onClose }: ActionDialogProps) {
  const t = useTexts(texts);
  const inputId = useId();
  // One wish is one request id, however often its button is pressed.
  const [requestId] = useState(() => crypto.randomUUID());
  const [typed, setTyped] = useState('');
  const [sourceFrozen, setSourceFrozen] = useState(migration.spec.cutover.sourceFrozen);
  const { mutate, isPending, error } = useAction(workspace, migration.id);
  const asksForName = FINAL.includes(action);
  const asksForWord = action === 'cutover' && migration.spec.kind === 'storage';
  const isReady = !asksForName || typed.trim() === migration.name;
  const confirm = () => mutate({ action, requestId, ...(action === 'cutover' ? { sourceFrozen } : {}) }, { onSuccess: onClose });
  return (
    <Modal
      open
      title={`${t.actions[action]}: ${migration.name}`}
      okText={t.actions[action]}
      cancelText={t.keep}
      okButtonProps={{ disabled: !isReady, danger: action === 'cancel' || action === 'rollback' }}
      confirmLoading={isPending}
      onOk={confirm}
      onCancel={onClose}
    >
      <p>{t.effects[action]}</p>
      {asksForWord && (
        <p>
          <Checkbox checked={sourceFrozen} onChange={({ target }) => setSourceFrozen(target.checked)}>
            {t.sourceFrozen}
          </Checkbox>
        </p>
      )}
      {asksForName && (
        <p className="field">
          <label htmlFor={inputId}>{t.confirmName(migration.name)}</label>
          <Input
            id={inputId}
            value={typed}
            autoComplete="off"
            onChange={({ target }) => setTyped(target.value)}
            onPressEnter={() => isReady && !isPending && confirm()}
          />
        </p>
      )}
      {error && <ProblemView error={error} />}
    </Modal>
  );
}
