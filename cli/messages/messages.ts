import { en } from './en';
import { zh } from './zh';

export type Messages = typeof en;

/** Chinese where SMARTANT_LANG, or else the locale, says so; English otherwise. */
export function messagesFor(env: Record<string, string | undefined>): Messages {
  const language = env['SMARTANT_LANG'] || env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^zh/i.test(language) ? zh : en;
}
