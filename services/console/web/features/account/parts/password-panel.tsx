import { Alert, Button, Form, Input } from 'antd';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { useChangePassword } from '../queries';
import { texts } from '../texts';

interface Entered {
  currentPassword: string;
  newPassword: string;
  repeated: string;
}

export function PasswordPanel() {
  const t = useTexts(texts);
  const { username } = useIdentity();
  const [form] = Form.useForm<Entered>();
  const { mutate, isPending, isSuccess, error } = useChangePassword();
  const rules = [{ required: true, message: t.needed }];
  const submit = ({ currentPassword, newPassword }: Entered) =>
    mutate({ currentPassword, newPassword }, { onSuccess: () => form.resetFields() });
  return (
    <section className="panel" aria-label={t.password}>
      <h2>{t.password}</h2>
      <p className="quiet">{t.passwordText}</p>
      {isSuccess && <Alert role="status" type="success" showIcon title={t.passwordChanged} />}
      {error && <ProblemView error={error} />}
      <Form<Entered> form={form} layout="vertical" requiredMark={false} onFinish={submit}>
        {/* For password managers, which keep a password by its name. */}
        <input className="for-readers" type="text" autoComplete="username" value={username} readOnly tabIndex={-1} aria-hidden="true" />
        <Form.Item name="currentPassword" label={t.currentPassword} rules={rules}>
          <Input.Password autoComplete="current-password" maxLength={1_024} />
        </Form.Item>
        <Form.Item name="newPassword" label={t.newPassword} rules={rules}>
          <Input.Password autoComplete="new-password" maxLength={1_024} />
        </Form.Item>
        <Form.Item
          name="repeated"
          label={t.repeatPassword}
          dependencies={['newPassword']}
          rules={[
            ...rules,
            ({ getFieldValue }) => ({
              validator: (_rule, value: string) =>
                !value || value === getFieldValue('newPassword') ? Promise.resolve() : Promise.reject(new Error(t.repeatDiffers)),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={1_024} />
        </Form.Item>
        <Button htmlType="submit" loading={isPending}>
          {t.changePassword}
        </Button>
      </Form>
    </section>
  );
}
