import { Form, Input, Modal } from 'antd';
import { useId } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';
import { RoleSelect, type WorkspaceRole } from './role-select';

export interface NamedRoleFormProps {
  title: string;
  label: string;
  help: string;
  isBusy: boolean;
  error: unknown;
  onSubmit: (wish: { name: string; role: WorkspaceRole }) => void;
  onClose: () => void;
}

/** A name and what may be done in it: of an invitation or a service account. */
export function NamedRoleForm({ title, label, help, isBusy, error, onSubmit, onClose }: NamedRoleFormProps) {
  const t = useTexts(texts);
  const formId = useId();
  return (
    <Modal
      open
      title={title}
      okText={title}
      okButtonProps={{ htmlType: 'submit', form: formId }}
      confirmLoading={isBusy}
      onCancel={onClose}
    >
      <Form<{ name: string; role: WorkspaceRole }>
        id={formId}
        layout="vertical"
        requiredMark={false}
        initialValues={{ role: 'viewer' }}
        onFinish={({ name, role }) => onSubmit({ name: name.trim(), role })}
      >
        <Form.Item name="name" label={label} extra={help} rules={[{ required: true, whitespace: true, message: t.inviteeNeeded }]}>
          <Input autoFocus maxLength={200} autoComplete="off" />
        </Form.Item>
        <Form.Item name="role" label={t.role}>
          <RoleSelect />
        </Form.Item>
      </Form>
      {error !== null && error !== undefined && <ProblemView error={error} />}
    </Modal>
  );
}
