import type { Message } from '../../domain/message';
import { escapeAll } from './escapes';
import { fitText, utf8Bytes, type Escape, type Fit } from './fit-text';

/** Controls draw nothing, and directions of writing can make a text read as another. */
const UNSEEN = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/** What a person is shown: well-formed, with `\n` for lines. */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n').replace(UNSEEN, '');
}

export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/gu, ' ').trim();
}

const CUT = { en: '… (cut short)', zh: '…（内容过长，已截断）' } as const;
const TITLE_BYTES = 300;
/** Most providers want one. */
const NO_TITLE = 'SmartAnt';
/** A longer address is left out: nothing would be left of the text. */
const LINK_BYTES = 500;

export function cutMark({ language }: Pick<Message, 'language'>): string {
  return CUT[language];
}

export function titleOf(message: Message, limitBytes = TITLE_BYTES, escape?: Escape): string {
  return fitText(oneLine(message.title) || NO_TITLE, { limit: limitBytes, escape });
}

/** The address to go on from, if it is one that may be shown as such. */
export function linkOf({ url }: Pick<Message, 'url'>): string {
  return /^https?:\/\/[^\s<>"'()[\]]+$/.test(url) && utf8Bytes(url) <= LINK_BYTES ? url : '';
}

export interface Layout extends Pick<Fit, 'limit' | 'escape' | 'size'> {
  /** Of the escaped title; default: as it is, on a line of its own. */
  head?: (title: string) => string;
  /** Of the address; default: as it is, on a line of its own. */
  tail?: (link: string) => string;
  /** Of the lines of the escaped text. */
  lineBreak?: string;
}

/** Title, text and link in one field, whose limit only the text gives way to: the title and the way to the rest are always there. */
export function messageText(message: Message, layout: Layout): string {
  const { escape, size = utf8Bytes, head = (title) => `${title}\n`, tail = (link) => `\n${link}`, lineBreak } = layout;
  const title = titleOf(message, Math.min(TITLE_BYTES, Math.floor(layout.limit / 3)), escape);
  const link = linkOf(message);
  const [first, last] = [title === '' ? '' : head(title), link === '' ? '' : tail(link)];
  const lines: Escape = (char, before) => (char === '\n' && lineBreak !== undefined ? lineBreak : (escape?.(char, before) ?? char));
  const limit = layout.limit - size(first) - size(last);
  // The text begins a line.
  const text = fitText(cleanText(message.text), {
    limit,
    escape: lines,
    size,
    mark: escapeAll(cutMark(message), escape ?? ((char) => char)),
  });
  return `${first}${text}${last}`;
}
