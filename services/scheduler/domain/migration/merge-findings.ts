import type { Finding } from './migration';

/** Both lists as one; what is said twice stands once, as it was said last. */
export function mergeFindings(known: Finding[], more: Finding[]): Finding[] {
  const keyOf = (finding: Finding) => `${finding.code} ${finding.subject} ${finding.message}`;
  return [...new Map([...known, ...more].map((finding) => [keyOf(finding), finding])).values()];
}
