import { decodeEncodedWords, encodeWord } from './encoded-words';

it.each([
  ['=?UTF-8?Q?=C5=BElu_x?=', 'žlu x'],
  ['=?utf-8?b?5pel5pys?=', '日本'],
  ['=?UTF-8?B?5pel?= =?UTF-8?B?5pys?= end', '日本 end'],
  ['=?ISO-8859-1?Q?caf=E9?=', 'café'],
  ['plain =? text', 'plain =? text'],
])('decodes %s', (encoded, text) => {
  expect(decodeEncodedWords(encoded)).toBe(text);
});

it.each(['plain', 'žluťoučký 😀', ''])('encodes %p so that it is decoded again', (text) => {
  expect(decodeEncodedWords(encodeWord(text))).toBe(text);
});
