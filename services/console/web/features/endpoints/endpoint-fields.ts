import type { LocationInput, SecretInput } from './queries';

export type LocationKind = LocationInput['kind'];
type LocationOf<Kind extends LocationKind> = Extract<LocationInput, { kind: Kind }>;
type SecretKind = SecretInput['kind'];
type SecretOf<Kind extends SecretKind> = Extract<SecretInput, { kind: Kind }>;

/** How a value is typed in. `lines`: a list, one a line. `root`: one of the registered file roots. */
export type FieldInput = 'text' | 'number' | 'area' | 'lines' | 'secret' | 'secret-area' | 'root' | readonly string[];

export interface FieldEntry<Name extends string = string> {
  name: Name;
  input: FieldInput;
  isRequired?: boolean;
  /** Stands behind "More". */
  isRare?: boolean;
}

type Fields<T> = readonly FieldEntry<Exclude<keyof T & string, 'kind'>>[];

/** The fields that are typed in, of those that the API's document names: one that it no longer has does not compile. */
export const LOCATION_FIELDS: { readonly [Kind in LocationKind]: Fields<LocationOf<Kind>> } = {
  s3: [
    { name: 'serviceUrl', input: 'text' },
    { name: 'bucket', input: 'text', isRequired: true },
    { name: 'prefix', input: 'text' },
    { name: 'region', input: 'text' },
    { name: 'addressing', input: ['path', 'virtual'], isRare: true },
    { name: 'tlsCaPem', input: 'area', isRare: true },
  ],
  file: [
    { name: 'root', input: 'root', isRequired: true },
    { name: 'path', input: 'text' },
  ],
  postgres: [
    { name: 'host', input: 'text', isRequired: true },
    { name: 'port', input: 'number' },
    { name: 'database', input: 'text', isRequired: true },
    { name: 'user', input: 'text', isRequired: true },
    { name: 'tlsMode', input: ['disable', 'require', 'verify-ca', 'verify-full'], isRare: true },
    { name: 'tlsCaPem', input: 'area', isRare: true },
  ],
  ssh: [
    { name: 'host', input: 'text', isRequired: true },
    { name: 'port', input: 'number' },
    { name: 'user', input: 'text' },
    { name: 'become', input: ['none', 'sudo'] },
    { name: 'hostKeys', input: 'lines', isRare: true },
  ],
  image: [
    { name: 'root', input: 'root', isRequired: true },
    { name: 'path', input: 'text', isRequired: true },
    { name: 'format', input: ['qcow2', 'raw', 'vmdk'] },
  ],
};

export const SECRET_FIELDS: { readonly [Kind in SecretKind]: Fields<SecretOf<Kind>> } = {
  s3: [
    { name: 'accessKeyId', input: 'text' },
    { name: 'secretAccessKey', input: 'secret' },
    { name: 'sessionToken', input: 'secret', isRare: true },
  ],
  password: [{ name: 'password', input: 'secret' }],
  ssh: [
    { name: 'privateKeyPem', input: 'secret-area' },
    { name: 'passphrase', input: 'secret' },
    { name: 'password', input: 'secret', isRare: true },
    { name: 'becomePassword', input: 'secret', isRare: true },
  ],
  none: [],
};

/** What a place of this kind is signed in to with. */
export const SECRET_KINDS: Readonly<Record<LocationKind, SecretKind>> = {
  s3: 's3',
  file: 'none',
  postgres: 'password',
  ssh: 'ssh',
  image: 'none',
};

export type Typed = Readonly<Record<string, unknown>>;

/** What lies behind a network, where proxies and bastions may be on the way. */
export const HAS_WAYS: Readonly<Record<LocationKind, boolean>> = { s3: true, file: false, postgres: true, ssh: true, image: false };

/** As the API takes it: what was left empty is left out, and its own default holds. What is missing is the API's to say. */
export function locationOf(kind: LocationKind, typed: Typed): LocationInput {
  return { kind, ...filled(typed) } as LocationInput;
}

/** No secret at all where nothing of it was typed in; of a host there is always one, and what it lacks the API says. */
export function secretOf(kind: LocationKind, typed: Typed): SecretInput {
  const given = filled(typed);
  return (Object.keys(given).length === 0 && kind !== 'ssh' ? { kind: 'none' } : { kind: SECRET_KINDS[kind], ...given }) as SecretInput;
}

function filled(typed: Typed): Record<string, unknown> {
  const isEmpty = (value: unknown) => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(typed).filter(([, value]) => !isEmpty(value)));
}
