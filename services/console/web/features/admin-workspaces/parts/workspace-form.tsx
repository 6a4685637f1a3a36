import { Form, Input, Modal } from 'antd';
import { useId } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useCreateWorkspace } from '../queries';
import { texts } from '../texts';

export function WorkspaceForm({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const formId = useId();
  const { mutate, isPending, error } = useCreateWorkspace();
  return (
    <Modal
      open
      title={t.create}
      okText={t.create}
      okButtonProps={{ htmlType: 'submit', form: formId }}
      confirmLoading={isPending}
      onCancel={onClose}
    >
      <Form<{ name: string }>
        id={formId}
        layout="vertical"
        requiredMark={false}
        onFinish={({ name }) => mutate({ name: name.trim() }, { onSuccess: onClose })}
      >
        <Form.Item name="name" label={t.name} extra={t.nameHelp} rules={[{ required: true, whitespace: true, message: t.needed }]}>
          <Input autoFocus maxLength={63} autoComplete="off" />
        </Form.Item>
      </Form>
      {error && <ProblemView error={error} />}
    </Modal>
  );
}
