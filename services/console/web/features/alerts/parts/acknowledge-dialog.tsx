import { Input, Modal } from 'antd';
import { useState } from 'react';
import { Field } from '../../../elements/field';
import { FieldProblems, fieldMessagesOf } from '../../../elements/field-problems';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useAcknowledge, type Alert } from '../queries';
import { useAlertScope } from '../scope';
import { texts } from '../texts';

/** Says what it ends and what it does not, and takes a word for the others. */
export function AcknowledgeDialog({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const t = useTexts(texts);
  const [comment, setComment] = useState('');
  const { mutate, isPending, error } = useAcknowledge(useAlertScope());
  return (
    <Modal
      open
      title={t.acknowledgeTitle}
      okText={t.acknowledge}
      cancelText={t.cancel}
      confirmLoading={isPending}
      onOk={() => mutate({ id: alert.id, comment: comment.trim() }, { onSuccess: onClose })}
      onCancel={onClose}
    >
      <FieldProblems value={fieldMessagesOf(error)}>
        <div className="form">
          <p>{t.acknowledgeText}</p>
          <Field label={t.comment} help={t.commentHelp} path="comment">
            {(control) => <Input {...control} value={comment} maxLength={1_000} onChange={({ target }) => setComment(target.value)} />}
          </Field>
          {error && <ProblemView error={error} />}
        </div>
      </FieldProblems>
    </Modal>
  );
}
