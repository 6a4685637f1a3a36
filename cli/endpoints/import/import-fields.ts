import { SmartantError } from '@smartant/kernel';

/** What a line of a list of endpoints may say, as the documentation writes it. */
export const IMPORT_FIELDS = [
  'name',
  'url',
  'kind',
  'serviceUrl',
  'region',
  'bucket',
  'prefix',
  'addressing',
  'caFile',
  'root',
  'path',
  'profile',
  'secret',
  'accessKeyId',
  'accessKeyIdEnv',
  'secretAccessKeyEnv',
  'secretAccessKeyFile',
  'sessionTokenEnv',
  'sessionTokenFile',
  'host',
  'port',
  'database',
  'user',
  'tlsMode',
  'passwordEnv',
  'passwordFile',
] as const;

export type ImportField = (typeof IMPORT_FIELDS)[number];

/** The fields that a line fills; an empty cell is none. */
export type ImportFields = Partial<Record<ImportField, string>>;

/** One entry of a list, or why it is none. `line`: of a CSV file, from 1; of other files the entry's number, from 1. */
export type ImportEntry = { line: number } & ({ fields: ImportFields } | { error: SmartantError });

/** `service_url`, `Service URL` and `serviceUrl` are one. */
const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');

const BY_PLAIN_NAME = new Map(IMPORT_FIELDS.map((field) => [plain(field), field]));

const CLEAR_SECRET = /secret|password|passwd|token|apikey|privatekey|credential/;

/** Raises CLI_IMPORT_SECRET_INLINE for a field that would hold a secret itself, CLI_IMPORT_INVALID for one that is not known. */
export function fieldNamed(name: string): ImportField {
  const known = BY_PLAIN_NAME.get(plain(name));
  if (known) return known;
  if (CLEAR_SECRET.test(plain(name))) throw secretInline(name);
  throw new SmartantError('CLI_IMPORT_INVALID', `"${name}" is no field of an endpoint.`, {
    kind: 'invalid',
    hint: `Known: ${IMPORT_FIELDS.join(', ')}.`,
  });
}

function secretInline(name: string): SmartantError {
  return new SmartantError('CLI_IMPORT_SECRET_INLINE', `The field "${name}" would hold a secret in the clear.`, {
    kind: 'invalid',
    hint: 'Name where it is instead: secretAccessKeyEnv, secretAccessKeyFile, profile, passwordEnv, passwordFile, or secret with --keys-file FILE.',
  });
}

/** An entry that cannot be made an endpoint; the others go on. */
export function entryInvalid(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_IMPORT_ENTRY_INVALID', message, { kind: 'invalid', hint });
}
