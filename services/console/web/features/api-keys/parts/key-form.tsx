import { Form, Input, Modal, Select } from 'antd';
import { useId } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

type Role = Schema<'Role'>;

export interface KeyWish<R extends Role = Role> {
  name: string;
  role: R;
  expiresInDays?: number;
}

export interface KeyFormProps<R extends Role> {
  title: string;
  roles: readonly R[];
  isBusy: boolean;
  error: unknown;
  onCreate: (wish: KeyWish<R>) => void;
  onClose: () => void;
}

/** Name, role and end of a key. It ends unless somebody wishes otherwise. */
export function KeyForm<R extends Role>({ title, roles, isBusy, error, onCreate, onClose }: KeyFormProps<R>) {
  const t = useTexts(texts);
  const formId = useId();
  const submit = ({ days, ...wish }: { name: string; role: R; days: number }) =>
    onCreate({ ...wish, name: wish.name.trim(), ...(days > 0 && { expiresInDays: days }) });
  return (
    <Modal
      open
      title={title}
      okText={t.create}
      okButtonProps={{ htmlType: 'submit', form: formId }}
      confirmLoading={isBusy}
      onCancel={onClose}
    >
      <Form id={formId} layout="vertical" requiredMark={false} initialValues={{ role: roles[0], days: 90 }} onFinish={submit}>
        <Form.Item name="name" label={t.name} extra={t.nameHelp} rules={[{ required: true, whitespace: true, message: t.needed }]}>
          <Input autoFocus maxLength={100} autoComplete="off" />
        </Form.Item>
        <Form.Item name="role" label={t.role} extra={t.roleHelp}>
          <Select options={roles.map((role) => ({ value: role, label: t.roles[role] }))} />
        </Form.Item>
        <Form.Item name="days" label={t.expiry}>
          <Select options={[30, 90, 365, 0].map((days) => ({ value: days, label: t.expiries[days] }))} />
        </Form.Item>
      </Form>
      {error !== null && error !== undefined && <ProblemView error={error} />}
    </Modal>
  );
}
