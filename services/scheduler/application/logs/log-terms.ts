const MOST_TERMS = 16;

/** `timeout "lease lost"`: words, and phrases in double quotes. */
export function termsOf(text: string): string[] {
  const found = [...text.matchAll(/"([^"]+)"?|([^\s"]+)/g)].map(([, phrase, word]) => (phrase ?? word ?? '').trim());
  return found.filter((term) => term !== '').slice(0, MOST_TERMS);
}
