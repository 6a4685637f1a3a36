import { SmartantError } from '@smartant/kernel';

/** What somebody has filled in of a migration that is not begun: kept as it was written, whether or not it is complete. */
export interface MigrationDraft {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  /** An object that only its writer reads; it holds no secret. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Ids of users. */
  readonly createdBy: string;
  readonly updatedBy: string;
  /** Grows by one with each change. */
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Bytes of JSON. */
export const LONGEST_DRAFT_BYTES = 64 * 1024;
/** Since the last change. */
export const DRAFTS_KEPT_DAYS = 90;

/** The last part of a field's name, whatever its case: `secretAccessKey`, `db_password`, `privateKey`. Names of secrets are no secrets. */
const SECRET_FIELD =
  /(secret|passwords?|passphrase|secretAccessKey|sessionToken|accessToken|refreshToken|privateKey|credentials?|apiKey)$/i;

/** Raises DRAFT_TOO_LARGE and DRAFT_HOLDS_SECRET, which names the fields: a draft is seen by the whole workspace. */
export function assertDraftContent(content: Readonly<Record<string, unknown>>): void {
  const bytes = Buffer.byteLength(JSON.stringify(content));
  if (bytes > LONGEST_DRAFT_BYTES) {
    throw new SmartantError('DRAFT_TOO_LARGE', `The draft has ${bytes} bytes, and may have ${LONGEST_DRAFT_BYTES}.`, {
      kind: 'invalid',
      hint: 'Keep lists of keys and tables in a manifest file, and apply that.',
    });
  }
  const fields = secretFields(content, 'content');
  if (fields.length === 0) return;
  throw new SmartantError('DRAFT_HOLDS_SECRET', `The draft holds what may be secret: ${fields.join(', ')}.`, {
    kind: 'invalid',
    hint: 'Save the endpoint, and name it in the draft: everybody in the workspace can read drafts.',
    fields: fields.map((field) => ({ field, message: 'may hold a secret, which a draft must not' })),
  });
}

function secretFields(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown, at) => secretFields(item, `${path}[${at}]`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const here = `${path}.${name}`;
    const isEmpty = field === null || field === '' || field === undefined || typeof field === 'boolean';
    return SECRET_FIELD.test(name) && !isEmpty ? [here] : secretFields(field, here);
  });
}
