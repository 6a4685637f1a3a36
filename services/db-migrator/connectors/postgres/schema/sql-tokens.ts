export interface SqlToken {
  kind: 'name' | 'quoted-name' | 'text' | 'dollar-text' | 'comment' | 'space' | 'other';
  /** As it is written. */
  text: string;
  /** Of a name: unquoted, and in lower case where it was written without quotes. */
  name: string;
}

const NAME = /[A-Za-z_\u0080-\u{10FFFF}][\w$\u0080-\u{10FFFF}]*/uy;
const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n]*/y;
const DOLLAR = /\$(?:[A-Za-z_\u0080-\u{10FFFF}][\w\u0080-\u{10FFFF}]*)?\$/uy;
const ESCAPE_TEXT = /[Ee]'(?:[^'\\]|\\[^]|'')*'/y;
const PLAIN_TEXT = /'(?:[^']|'')*'/y;
const QUOTED = /"(?:[^"]|"")*"/y;
const NUMBER = /\d[\w.]*/y;

/**
 * Takes SQL apart, as the server's own lexer would with standard_conforming_strings on; joined again, the tokens are the text they came from.
 * https://www.postgresql.org/docs/18/sql-syntax-lexical.html
 */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  for (let at = 0; at < sql.length;) {
    const token = tokenAt(sql, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function tokenAt(sql: string, at: number): SqlToken {
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  const plain = (kind: SqlToken['kind'], text: string): SqlToken => ({ kind, text, name: '' });
  const space = match(SPACE);
  if (space) return plain('space', space);
  const comment = match(LINE_COMMENT) ?? blockCommentAt(sql, at);
  if (comment) return plain('comment', comment);
  const text = match(ESCAPE_TEXT) ?? match(PLAIN_TEXT);
  if (text) return plain('text', text);
  const quoted = match(QUOTED);
  if (quoted) return { kind: 'quoted-name', text: quoted, name: quoted.slice(1, -1).replaceAll('""', '"') };
  const tag = match(DOLLAR);
  if (tag) {
    const end = sql.indexOf(tag, at + tag.length);
    if (end > 0) return plain('dollar-text', sql.slice(at, end + tag.length));
  }
  const name = match(NAME);
  if (name) return { kind: 'name', text: name, name: name.toLowerCase() };
  return plain('other', match(NUMBER) ?? sql.slice(at, at + 1));
}

/** Block comments nest. */
function blockCommentAt(sql: string, at: number): string | undefined {
  if (!sql.startsWith('/*', at)) return undefined;
  let depth = 0;
  for (let end = at; end < sql.length; end += 1) {
    const pair = sql.slice(end, end + 2);
    if (pair === '/*') depth += 1;
    if (pair === '*/') depth -= 1;
    if (pair === '/*' || pair === '*/') end += 1;
    if (depth === 0) return sql.slice(at, end + 1);
  }
  return sql.slice(at);
}
