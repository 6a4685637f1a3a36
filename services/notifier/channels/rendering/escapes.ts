import type { Escape } from './fit-text';

/** Breaks what a client would take for a mention or markup, and is not seen. */
const BREAK = '\u200b';
const WORD = /[\p{L}\p{N}_.+-]/u;

/** A mention begins a word; `root@host` is none. */
function mention(char: string, before: string): boolean {
  return char === '@' && !WORD.test(before);
}

/** Text for clients without markup, in which a name after @ might still call people. */
export const withoutMentions: Escape = (char, before) => (mention(char, before) ? `@${BREAK}` : char);

/** The same, where tags are read in text. */
export const withoutTags: Escape = (char, before) => (char === '<' ? `<${BREAK}` : withoutMentions(char, before));

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '<': '＜',
  '>': '＞',
  '[': '［',
  ']': '］',
  '*': '＊',
  '`': '｀',
  '~': '～',
  '\\': '＼',
  '!': '！',
  _: '＿',
  '|': '｜',
  '&': '＆',
};
const LINE_STARTS = /[#+\-=\d\s]/;

/**
 * Text in the markdown of WeCom and DingTalk. Neither documents an escape, and their clients differ in which they know; so characters of
 * markup become those that look like them. At the beginning of a line nothing may be a heading or a list.
 */
export const markdownAsText: Escape = (char, before) => {
  const alike = LOOK_ALIKES[char];
  if (alike !== undefined) return alike;
  const first = before === '' || before === '\n';
  return first && char !== '\n' && LINE_STARTS.test(char) ? `${BREAK}${char}` : withoutMentions(char, before);
};

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const htmlAsText: Escape = (char) => ENTITIES[char] ?? char;

/** https://docs.slack.dev/messaging/formatting-message-text#escaping: `<!channel>` and `<@U…>` call people, and need the bracket. */
export const slackAsText: Escape = (char, before) => {
  const entity = char === '"' || char === "'" ? undefined : ENTITIES[char];
  return entity ?? withoutMentions(char, before);
};

export function escapeAll(text: string, escape: Escape): string {
  let [written, before] = ['', ''];
  for (const char of text) {
    written += escape(char, before);
    before = char;
  }
  return written;
}
