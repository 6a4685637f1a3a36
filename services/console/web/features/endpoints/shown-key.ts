import type { Schema } from '@smartant/contracts/openapi';

const FINGERPRINT = /SHA256:[A-Za-z0-9+/]{43}/;

/** The key that a host showed and that nobody has pinned yet. */
export function shownKey({ code, message, hint }: Schema<'Finding'>): string | undefined {
  return code === 'HOST_KEY_UNKNOWN' ? FINGERPRINT.exec(`${message} ${hint}`)?.[0] : undefined;
}
