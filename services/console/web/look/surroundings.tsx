import { App, ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { preferredLanguage, rememberLanguage, type Language } from '../language/language';
import { LanguageContext } from '../language/texts';
import { LookContext } from './look-context';
import { nonce } from './style-nonce';
import { preferredLook, rememberLook, themeOf, type Look } from './theme';

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
        <ConfigProvider locale={LOCALES[language]} theme={theme} csp={{ nonce }} button={{ autoInsertSpace: false }}>
          <App className="surroundings">{children}</App>
        </ConfigProvider>
      </LookContext>
    </LanguageContext>
  );
}
