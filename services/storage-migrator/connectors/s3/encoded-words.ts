const WORD = /=\?(utf-8|iso-8859-1|us-ascii)\?([bq])\?([^?]*)\?=/gi;
const BETWEEN_WORDS = /(\?=)[ \t]+(?==\?)/g;

/** RFC 2047 encoded words as text; anything else stays. Blanks between two words belong to the encoding (section 6.2). */
export function decodeEncodedWords(text: string): string {
  if (!text.includes('=?')) return text;
  return text.replace(BETWEEN_WORDS, '$1').replace(WORD, (_whole, charset: string, encoding: string, payload: string) => {
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(payload, 'base64') : quotedBytes(payload);
    return bytes.toString(charset.toLowerCase() === 'utf-8' ? 'utf8' : 'latin1');
  });
}

/** Text as one encoded word when it has characters outside printable ASCII; else as it is. */
export function encodeWord(text: string): string {
  return /^[\x20-\x7e\t]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}

function quotedBytes(payload: string): Buffer {
  const text = payload
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
