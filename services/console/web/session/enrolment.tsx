import { Button, Form, Input, QRCode, Typography } from 'antd';
import { useEffect, useState } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../elements/problem-view';
import { useTexts } from '../language/texts';
import { session } from './session';
import { beginEnrolment, confirmEnrolment } from './session-calls';
import { texts } from './texts';
import type { Credentials } from './use-sign-in';

/** For who has no second factor where one is compulsory: enrols one by the password, which was right, and signs in with it. */
export default function Enrolment({ username, password }: Credentials) {
  const t = useTexts(texts);
  const [shown, setShown] = useState<Schema<'SecondFactorEnrolment'>>();
  const [enrolled, setEnrolled] = useState<Schema<'EnrolledToken'>>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    beginEnrolment({ username, password }).then(setShown, setError);
  }, [username, password]);
  const confirm = ({ code }: { code: string }) => {
    setError(undefined);
    confirmEnrolment({ username, password, code }).then(setEnrolled, setError);
  };
  if (enrolled) return <RecoveryCodes enrolled={enrolled} />;
  return (
    <>
      <h2>{t.enrolTitle}</h2>
      <p>{t.enrolText}</p>
      {error !== undefined && <ProblemView error={error} />}
      {shown && (
        <>
          <QRCode value={shown.uri} aria-hidden="true" />
          <p>
            {t.enrolSecret}:{' '}
            <Typography.Text code copyable>
              {shown.secret}
            </Typography.Text>
          </p>
          <p>
            <a href={shown.uri}>{t.enrolLink}</a>
          </p>
        </>
      )}
      <Form layout="vertical" requiredMark={false} onFinish={confirm}>
        <Form.Item name="code" label={t.code} rules={[{ required: true, message: t.required }]}>
          <Input autoComplete="one-time-code" inputMode="numeric" autoFocus size="large" />
        </Form.Item>
        <Button type="primary" htmlType="submit" size="large" block>
          {t.enrolSubmit}
        </Button>
      </Form>
    </>
  );
}

/** The session goes on in the cookie only when the codes have been read: the page changes then. */
function RecoveryCodes({ enrolled: { recoveryCodes, refreshToken } }: { enrolled: Schema<'EnrolledToken'> }) {
  const t = useTexts(texts);
  const [error, setError] = useState<unknown>();
  const goOn = () => {
    if (refreshToken !== null) session.signIn({ refreshToken }).catch(setError);
  };
  return (
    <>
      <h2>{t.recoveryTitle}</h2>
      <p>{t.recoveryText}</p>
      {error !== undefined && <ProblemView error={error} />}
      <Typography.Paragraph copyable={{ text: recoveryCodes.join('\n') }}>
        <ul className="recovery-codes">
          {recoveryCodes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
      </Typography.Paragraph>
      <Button type="primary" size="large" block onClick={goOn}>
        {t.recoveryDone}
      </Button>
    </>
  );
}
