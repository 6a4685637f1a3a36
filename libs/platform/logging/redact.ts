const REDACTED = '[redacted]';
const MAX_DEPTH = 8;
/** Longer texts are cut: no rule may take long over them, and no line of a log needs more. */
const MAX_TEXT = 16_384;

/** Compared against the field's name in lower case without `-` and `_`. An access key *id* is a name, not a secret. */
const SECRET_NAME =
  /password|passwd|passphrase|secret|token|apikey|accesskey(?!id)|privatekey|masterkey|pepper|credential|authorization|cookie|signature$/;

/** Field values that only look secret by name: cursors of lists and facts about secrets. */
const PUBLIC_NAME = /^(nextpagetoken|pagetoken|continuationtoken|credentialkind|tokentype)$/;

const TEXT_RULES: [RegExp, string][] = [
  [/(\b[a-z][a-z0-9+.-]{1,30}:\/\/)[^\s/@:]{0,256}:[^\s@]{0,1024}@/gi, `$1${REDACTED}@`],
  [/\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // Our own API keys, refresh tokens and invitations, wherever they stand.
  [/\bs(?:ak|rt|in)_[A-Za-z0-9_-]{43}/g, REDACTED],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
];

/** Of a sign-in: no secrets by their names elsewhere. */
const SIGN_IN_PARAMETER = /^(code|state|ticket)$/i;

/** A parameter of a URL, or of a query that stands alone, as spans have it. */
const QUERY_PARAMETER = /(^|[?&])([a-z][\w.-]{0,63})=([^&\s"'#]+)/gi;

/** Text without passwords in URLs, signatures of presigned links, codes of sign-ins, tokens, API keys and private keys. */
export function redactText(text: string): string {
  const bounded = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… [${text.length} characters]` : text;
  const plain = TEXT_RULES.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), bounded);
  return plain.replace(QUERY_PARAMETER, (whole: string, before: string, name: string) =>
    isSecretName(name) || SIGN_IN_PARAMETER.test(name) ? `${before}${name}=${REDACTED}` : whole,
  );
}

function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_]/g, '');
  return SECRET_NAME.test(plain) && !PUBLIC_NAME.test(plain);
}

/** What stands instead of a field's value; undefined: the value itself, as a copy. */
export type FieldRule = (name: string, field: unknown) => string | undefined;

/** Hides texts, lists and objects whose names look secret. */
export const hideSecretNames: FieldRule = (name, field) => {
  const shown = field === undefined || field === null || typeof field === 'boolean' || typeof field === 'number';
  return isSecretName(name) && !shown ? REDACTED : undefined;
};

/**
 * A copy fit for traces: the value of every secret-looking field is replaced at any depth, and every text is passed through `redactText`. Errors
 * become plain objects with their causes. Logs have a stricter rule (`listed-fields.ts`).
 */
export function redactFields(value: unknown, rule: FieldRule = hideSecretNames): unknown {
  return copyOf(value, rule, 0);
}

function copyOf(value: unknown, rule: FieldRule, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (value instanceof Date) return value;
  if (value instanceof Error) return copyOfError(value, rule, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => copyOf(item, rule, depth + 1));
  if (value instanceof Map) return copyOf(Object.fromEntries(value), rule, depth);
  if (value instanceof Set) return copyOf([...value], rule, depth);
  return copyOfFields(value as Record<string, unknown>, rule, depth);
}

function copyOfFields(value: Record<string, unknown>, rule: FieldRule, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, rule(name, field) ?? copyOf(field, rule, depth + 1)]));
}

function copyOfError(error: Error, rule: FieldRule, depth: number): Record<string, unknown> {
  const own = copyOfFields({ ...error } as Record<string, unknown>, rule, depth);
  return {
    ...own,
    // Of a failed statement: values without names, so that no rule can tell a secret among them.
    ...(Array.isArray(own['parameters']) ? { parameters: `[${own['parameters'].length} values]` } : {}),
    type: error.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: copyOf(error.cause, rule, depth + 1) }),
  };
}
