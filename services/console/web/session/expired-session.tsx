import { Modal } from 'antd';
import { lazy, Suspense } from 'react';
import { useTexts } from '../language/texts';
import { SignInForm } from './sign-in-form';
import { texts } from './texts';

const ProviderButtons = lazy(() => import('./provider-buttons'));

/** Over the page, which stays as it is: requests that were under way go on after the sign-in. */
export function ExpiredSession({ username }: { username: string }) {
  const t = useTexts(texts);
  return (
    <Modal open title={t.expiredTitle} footer={null} closable={false} mask={{ closable: false }} keyboard={false} width={420}>
      <p>{t.expiredText}</p>
      <SignInForm username={username} />
      <Suspense>
        <ProviderButtons note={t.providerLeaves} />
      </Suspense>
    </Modal>
  );
}
