import LoadingOutlined from '@ant-design/icons/LoadingOutlined';
import { App, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { preferredLanguage, rememberLanguage, type Language } from '../language/language';
import { LanguageContext } from '../language/texts';
import { LookContext } from './look-context';
import { nonce } from './style-nonce';
import { preferredLook, rememberLook, themeOf, type Look } from './theme';

/**
 * Two characters are one word, also to who reads by ear. The icon of what is under way goes at once: the built-in one is faded out, and
 * stays in the name of a button for good where the answer came before it had faded in.
 */
const BUTTON = { autoInsertSpace: false, loadingIcon: <LoadingOutlined /> };
const LOCALES = { en: enUS, 'zh-CN': zhCN };

const darkWanted = window.matchMedia('(prefers-color-scheme: dark)');
const onDarkWanted = (listener: () => void) => {
  darkWanted.addEventListener('change', listener);
  return () => darkWanted.removeEventListener('change', listener);
};

/** Language and look of all that is inside, and the choice of both. */
export function Surroundings({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(preferredLanguage);
  const [look, setLook] = useState<Look>(preferredLook);
  const systemIsDark = useSyncExternalStore(onDarkWanted, () => darkWanted.matches);
  const isDark = look === 'dark' || (look === 'system' && systemIsDark);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['look'] = isDark ? 'dark' : 'light';
  }, [language, isDark]);
  const languageChoice = useMemo(() => ({ language, choose: (next: Language) => (rememberLanguage(next), setLanguage(next)) }), [language]);
  const lookChoice = useMemo(() => ({ look, isDark, choose: (next: Look) => (rememberLook(next), setLook(next)) }), [look, isDark]);
  const theme = useMemo(() => themeOf(isDark), [isDark]);
  return (
    <LanguageContext value={languageChoice}>
      <LookContext value={lookChoice}>
        <ConfigProvider locale={LOCALES[language]} theme={theme} csp={{ nonce }} button={BUTTON}>
          <App className="surroundings">{children}</App>
        </ConfigProvider>
      </LookContext>
    </LanguageContext>
  );
}
