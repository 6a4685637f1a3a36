import { createContext, use } from 'react';
import type { Language } from './language';

/** The texts of one feature: what `en` has, every language has. */
export type Texts<T> = Readonly<Record<Language, T>>;

export interface LanguageChoice {
  language: Language;
  choose(language: Language): void;
}

export const LanguageContext = createContext<LanguageChoice>({ language: 'en', choose: () => undefined });

export const useLanguage = (): LanguageChoice => use(LanguageContext);

export function useTexts<T>(texts: Texts<T>): T {
  return texts[useLanguage().language];
}
