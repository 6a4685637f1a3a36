import { en } from './en';
import { messagesFor } from './messages';
import { zh } from './zh';

describe('messagesFor', () => {
  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, zh],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, en],
    [{ LANG: 'en_US.UTF-8', SMARTANT_LANG: 'zh' }, zh],
    [{}, en],
  ])('%j', (env, messages) => {
    expect(messagesFor(env)).toBe(messages);
  });

  it('has the same texts in both languages', () => {
    expect(shapeOf(zh)).toEqual(shapeOf(en));
  });

  it('has written every text in both languages', () => {
    const same = Object.entries(en.help).filter(
      ([name, text]) => typeof text === 'string' && zh.help[name as keyof typeof zh.help] === text,
    );
    expect(same).toEqual([]);
    const database = zh.database.help;
    expect(Object.entries(en.database.help).filter(([name, text]) => database[name as keyof typeof database] === text)).toEqual([]);
    const { help } = zh.tenancy;
    expect(Object.entries(en.tenancy.help).filter(([name, text]) => help[name as keyof typeof help] === text)).toEqual([]);
  });
});

/** Names and kinds of all texts. The names in records of the server's words (areas, headings) count as well. */
function shapeOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, shapeOf(text)]));
}
