import { Form, Input, Modal, QRCode, Typography } from 'antd';
import { useId } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { SecretOnce } from '../../api-keys/parts/secret-once';
import { useBeginEnrolment, useConfirmEnrolment } from '../queries';
import { texts } from '../texts';

/** By the password to a key, by a first code of it to the recovery codes. Nothing is asked for at sign-in before that. */
export function EnrolDialog({ onClose }: { onClose: () => void }) {
  const t = useTexts(texts);
  const formId = useId();
  const begin = useBeginEnrolment();
  const confirm = useConfirmEnrolment();
  if (confirm.data)
    return <SecretOnce title={t.codesTitle} text={t.codesText} secret={confirm.data.recoveryCodes.join('\n')} onClose={onClose} />;
  const error = begin.data ? confirm.error : begin.error;
  return (
    <Modal
      open
      title={t.enrol}
      okText={begin.data ? t.enrolConfirm : t.enrol}
      okButtonProps={{ htmlType: 'submit', form: formId }}
      confirmLoading={begin.isPending || confirm.isPending}
      onCancel={onClose}
    >
      {begin.data ? (
        <CodeForm key="code" formId={formId} shown={begin.data} onSubmit={confirm.mutate} />
      ) : (
        <Form<{ password: string }>
          key="password"
          id={formId}
          layout="vertical"
          requiredMark={false}
          onFinish={(body) => begin.mutate(body)}
        >
          <Form.Item name="password" label={t.currentPassword} rules={[{ required: true, message: t.needed }]}>
            <Input.Password autoFocus autoComplete="current-password" maxLength={1_024} />
          </Form.Item>
        </Form>
      )}
      {error && <ProblemView error={error} />}
    </Modal>
  );
}

interface CodeFormProps {
  formId: string;
  shown: Schema<'SecondFactorEnrolment'>;
  onSubmit: (body: Schema<'ConfirmSecondFactorRequest'>) => void;
}

function CodeForm({ formId, shown, onSubmit }: CodeFormProps) {
  const t = useTexts(texts);
  return (
    <div className="stack">
      <p>{t.enrolText}</p>
      <QRCode value={shown.uri} aria-hidden="true" />
      <p>
        {t.enrolKey}:{' '}
        <Typography.Text code copyable>
          {shown.secret}
        </Typography.Text>
      </p>
      <p>
        <a href={shown.uri}>{t.enrolLink}</a>
      </p>
      <Form<{ code: string }> id={formId} layout="vertical" requiredMark={false} onFinish={({ code }) => onSubmit({ code: code.trim() })}>
        <Form.Item name="code" label={t.code} extra={t.codeHelp} rules={[{ required: true, whitespace: true, message: t.needed }]}>
          <Input autoFocus autoComplete="one-time-code" inputMode="numeric" maxLength={40} />
        </Form.Item>
      </Form>
    </div>
  );
}
