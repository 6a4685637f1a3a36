import { useQuery } from '@tanstack/react-query';
import { Segmented } from 'antd';
import { lazy, Suspense, useEffect } from 'react';
import { answerOf } from '../api/answer-of';
import { Brand } from '../frame/brand';
import { LANGUAGES, LANGUAGE_NAMES, type Language } from '../language/language';
import { useLanguage, useTexts } from '../language/texts';
import { getVersion } from './session-calls';
import { SignInForm } from './sign-in-form';
import { texts } from './texts';

/** After the form is there: most installations have none. */
const ProviderButtons = lazy(() => import('./provider-buttons'));

export function SignInPage() {
  const t = useTexts(texts);
  const { language, choose } = useLanguage();
  const { data } = useQuery({ queryKey: ['version'], queryFn: () => answerOf(getVersion()), staleTime: Infinity });
  useEffect(() => {
    document.title = `${t.title} · SmartAnt`;
  }, [t.title]);
  return (
    <div className="sign-in">
      <main className="sign-in-card">
        <Brand />
        <h1>{t.title}</h1>
        <p className="lead">{t.lead}</p>
        <SignInForm />
        <Suspense>
          <ProviderButtons />
        </Suspense>
        {/* Its place is kept while the answer is on its way: nothing below may jump. */}
        <p className="sign-in-hint">{data?.mode === 'embedded' ? t.embeddedHint : ''}</p>
      </main>
      <Segmented<Language>
        aria-label={LANGUAGE_NAMES[language]}
        value={language}
        onChange={choose}
        options={LANGUAGES.map((one) => ({ value: one, label: LANGUAGE_NAMES[one] }))}
      />
    </div>
  );
}
