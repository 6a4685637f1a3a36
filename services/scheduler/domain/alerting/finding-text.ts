import type { Finding, Labels } from './alert-rule';

const LONGEST_LABEL = 200;
const LONGEST_ANNOTATION = 2_000;

/** As it is kept and told: bounded, and text that every database and every message can carry. */
export function toldFinding({ labels, annotations }: Finding): Finding {
  return { labels: told(labels, LONGEST_LABEL), annotations: told(annotations, LONGEST_ANNOTATION) };
}

function told(texts: Labels, longest: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, clean(text).slice(0, longest).toWellFormed()]),
  );
}

/** Lines stay lines in a hint; other control characters could forge what a terminal or a log shows. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ');
}

export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** The texts of an error, as its connector worded and redacted them. */
export function errorTexts(error: ToldError | null | undefined): Record<string, string> {
  return error ? { error_code: error.code, error_message: error.message, hint: error.hint } : {};
}

/** Where the console shows it. */
export function migrationPath(workspaceId: string, migrationId: string): string {
  return `/workspaces/${workspaceId}/migrations/${migrationId}`;
}
