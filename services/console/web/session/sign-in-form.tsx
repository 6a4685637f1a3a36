import { Button, Form, Input } from 'antd';
import { lazy, Suspense } from 'react';
import { ProblemView } from '../elements/problem-view';
import { useTexts } from '../language/texts';
import { texts } from './texts';
import { useSignIn, type Credentials } from './use-sign-in';

/** Few accounts ever need it: its code stays out of the first load. */
const Enrolment = lazy(() => import('./enrolment'));

/** Name and password, then what else the account asks for. `username` is fixed where a session goes on. */
export function SignInForm({ username }: { username?: string }) {
  const signIn = useSignIn();
  if (signIn.step === 'enrolment')
    return (
      <Suspense>
        <Enrolment {...signIn.credentials} />
      </Suspense>
    );
  return (
    <>
      {signIn.error !== undefined && <ProblemView error={signIn.error} />}
      {signIn.step === 'password' ? <PasswordStep {...signIn} username={username} /> : <CodeStep {...signIn} />}
    </>
  );
}

type Steps = Pick<ReturnType<typeof useSignIn>, 'isBusy' | 'submit' | 'startOver'>;

function PasswordStep({ isBusy, submit, username }: Steps & { username?: string }) {
  const t = useTexts(texts);
  const rules = [{ required: true, message: t.required }];
  return (
    <Form<Credentials> layout="vertical" requiredMark={false} initialValues={{ username }} onFinish={(values) => void submit(values)}>
      <Form.Item name="username" label={t.username} rules={rules}>
        <Input autoComplete="username" autoFocus={username === undefined} disabled={username !== undefined} size="large" />
      </Form.Item>
      <Form.Item name="password" label={t.password} rules={rules}>
        <Input.Password autoComplete="current-password" autoFocus={username !== undefined} size="large" />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={isBusy}>
        {t.submit}
      </Button>
    </Form>
  );
}

function CodeStep({ isBusy, submit, startOver }: Steps) {
  const t = useTexts(texts);
  return (
    <Form<Credentials> layout="vertical" requiredMark={false} onFinish={(values) => void submit(values)}>
      <Form.Item name="code" label={t.code} extra={t.codeHelp} rules={[{ required: true, message: t.required }]}>
        <Input autoComplete="one-time-code" inputMode="numeric" autoFocus size="large" />
      </Form.Item>
      <Button type="primary" htmlType="submit" size="large" block loading={isBusy}>
        {t.submitCode}
      </Button>
      <Button type="link" block onClick={startOver}>
        {t.back}
      </Button>
    </Form>
  );
}
