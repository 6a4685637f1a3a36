import { SmartantError } from '@smartant/kernel';
import { parse } from 'yaml';
import { readText } from '../../files/read-text';
import { entryInvalid, fieldNamed, type ImportEntry } from './import-fields';

/** Beyond that, a list is CSV, which is read as it goes. */
const MOST_BYTES = 32 << 20;

/** Reads a JSON or YAML file: a list of entries, or `endpoints:` with one. Raises CLI_FILE_UNREADABLE, CLI_IMPORT_INVALID. */
export function documentEntries(path: string, isJson: boolean): ImportEntry[] {
  const text = readText(path, 'Check the name of the file.').replace(/^\uFEFF/, '');
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new SmartantError('CLI_IMPORT_INVALID', `${path} is larger than 32 MiB.`, {
      kind: 'invalid',
      hint: 'Write it as CSV, or divide it.',
    });
  }
  return listIn(path, readDocument(path, text, isJson)).map((value, at) => ({ line: at + 1, ...readEntry(value) }));
}

function readDocument(path: string, text: string, isJson: boolean): unknown {
  try {
    return isJson ? JSON.parse(text) : parse(text);
  } catch {
    // Without its cause: parsers repeat what they could not read, and that may be a secret.
    const hint = 'Check quotes, commas and indentation.';
    throw new SmartantError('CLI_IMPORT_INVALID', `${path} is not ${isJson ? 'JSON' : 'YAML'}.`, { kind: 'invalid', hint });
  }
}

function listIn(path: string, document: unknown): unknown[] {
  const list = (document as { endpoints?: unknown } | null)?.endpoints ?? document;
  if (Array.isArray(list)) return list;
  throw new SmartantError('CLI_IMPORT_INVALID', `${path} holds no list of endpoints.`, {
    kind: 'invalid',
    hint: 'Write a list of entries, or the field "endpoints" with one.',
  });
}

function readEntry(value: unknown): { fields: Record<string, string> } | { error: SmartantError } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { error: entryInvalid('The entry is no object.', 'Write fields and values: {"name": …, "url": …}.') };
  }
  try {
    return { fields: Object.fromEntries(Object.entries(value).flatMap(([name, inner]) => readField(name, inner))) };
  } catch (error) {
    if (error instanceof SmartantError) return { error };
    throw error;
  }
}

function readField(name: string, value: unknown): [string, string][] {
  const field = fieldNamed(name);
  if (value === null || value === '') return [];
  if (typeof value === 'string' || typeof value === 'number') return [[field, String(value)]];
  throw entryInvalid(`The field "${field}" must be a text.`, 'Write one value, without fields below it.');
}
