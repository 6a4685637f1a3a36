import { Form, Input, Modal } from 'antd';
import { useId } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useRemoveSecondFactor } from '../queries';
import { texts } from '../texts';

export function RemoveFactorDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const formId = useId();
  const { mutate, isPending, error } = useRemoveSecondFactor();
  const rules = [{ required: true, message: t.needed }];
  return (
    <Modal
      open
      title={t.remove}
      okText={t.remove}
      okButtonProps={{ htmlType: 'submit', form: formId, danger: true }}
      cancelText={t.keep}
      confirmLoading={isPending}
      onCancel={onClose}
    >
      <Form<Schema<'RemoveSecondFactorRequest'>>
        id={formId}
        layout="vertical"
        requiredMark={false}
        onFinish={({ password, code }) => mutate({ password, code: code.trim() }, { onSuccess: onClose })}
      >
        <Form.Item name="password" label={t.currentPassword} rules={rules}>
          <Input.Password autoFocus autoComplete="current-password" maxLength={1_024} />
        </Form.Item>
        <Form.Item name="code" label={t.code} extra={t.codeOrRecoveryHelp} rules={rules}>
          <Input autoComplete="one-time-code" maxLength={40} />
        </Form.Item>
      </Form>
      {error && <ProblemView error={error} />}
    </Modal>
  );
}
