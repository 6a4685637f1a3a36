import type { ChannelType } from './queries';

/** As the notifier's JSON Schemas have it (draft 2020-12): only what a form is made of. */
interface PropertySchema {
  type?: string;
  enum?: string[];
  default?: unknown;
  format?: string;
  maxLength?: number;
  description?: string;
  writeOnly?: boolean;
}

/** How a value is typed in. `lines`: a list, one a line. `pairs`: NAME=VALUE, one a line. */
export type FieldInput = 'text' | 'area' | 'secret' | 'number' | 'switch' | 'lines' | 'pairs' | readonly string[];

export interface SchemaField {
  name: string;
  input: FieldInput;
  isRequired: boolean;
  /** Stands behind "More". */
  isRare: boolean;
  usual: unknown;
  description: string;
}

/** What most need never touch, or only with one way of signing in. */
const RARE = new Set([
  ...['caPem', 'baseUrl', 'region', 'source', 'paramCharacters', 'textCharacters', 'threadId', 'silent', 'toParties', 'toTags'],
  ...['tokenUrl', 'clientId', 'scope', 'clientSecret', 'refreshToken', 'headers', 'method', 'bodyFormat', 'authorization'],
  ...['resultPointer', 'successValues', 'retryValues', 'giveUpValues', 'reconfigureValues', 'idPointer'],
]);
const AREA_CHARACTERS = 2_048;

export const settingsOf = ({ settingsSchema }: ChannelType): SchemaField[] => fieldsOf(settingsSchema);
export const secretsOf = ({ secretsSchema }: ChannelType): SchemaField[] => fieldsOf(secretsSchema);

function fieldsOf(schema: Record<string, unknown>): SchemaField[] {
  const properties = (schema['properties'] ?? {}) as Record<string, PropertySchema>;
  const required = (schema['required'] ?? []) as string[];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    input: inputOf(property),
    isRequired: required.includes(name),
    isRare: RARE.has(name) && !required.includes(name),
    usual: property.default,
    description: property.description ?? '',
  }));
}

function inputOf({ type, enum: choices, writeOnly, format, maxLength = 0 }: PropertySchema): FieldInput {
  if (choices) return choices;
  if (writeOnly) return 'secret';
  if (type === 'boolean') return 'switch';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'array') return 'lines';
  if (type === 'object') return 'pairs';
  return maxLength > AREA_CHARACTERS && format !== 'uri' ? 'area' : 'text';
}

export type Typed = Readonly<Record<string, unknown>>;

/** As the API takes it: what was left empty is left out, so that the type's own default holds. */
export function filled(typed: Typed): Record<string, unknown> {
  const isEmpty = (value: unknown) =>
    value === undefined || value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(typed).filter(([, value]) => !isEmpty(value)));
}

/** `NAME=VALUE` a line, as a form has it; a line without `=` has an empty value, for the API to say what is wrong with it. */
export function pairsOf(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

export const linesOf = (pairs: unknown): string =>
  Object.entries((pairs ?? {}) as Record<string, string>)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
