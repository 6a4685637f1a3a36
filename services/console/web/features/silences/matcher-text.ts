export const OPERATORS = ['=', '!=', '=~', '!~'] as const;

/** What a label has to be: equal, other, or as an expression says. */
export interface Matcher {
  label: string;
  operator: (typeof OPERATORS)[number];
  value: string;
}

/** What one begins with. */
export const BLANK_MATCHER: Matcher = { label: '', operator: '=', value: '' };

const WRITTEN = /^\s*([^=!~\s"]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;

/** As routings have it: `severity="critical"`. What is no matcher stays in the label, for the API to say what is wrong with it. */
export function readMatcher(text: string): Matcher {
  const [, label, operator, value = ''] = WRITTEN.exec(text) ?? [];
  if (label === undefined) return { ...BLANK_MATCHER, label: text };
  return { label, operator: operator as Matcher['operator'], value: /^"(.*)"$/s.exec(value)?.[1] ?? value };
}

export const writeMatcher = ({ label, operator, value }: Matcher): string => `${label.trim()}${operator}"${value}"`;
