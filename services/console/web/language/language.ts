export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** How each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '简体中文' };

const KEY = 'smartant.language';

/** What was chosen before, else what the browser asks for. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(KEY);
  const wished = [chosen, ...navigator.languages].filter((tag) => tag !== null);
  for (const tag of wished) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
}
