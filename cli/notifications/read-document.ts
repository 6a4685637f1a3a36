import { resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import { parse } from 'yaml';
import type { CliContext } from '../context';
import { readText } from '../files/read-text';

/** A document of YAML or JSON from a file, or from stdin for "-". Raises CLI_FILE_UNREADABLE, CLI_DOCUMENT_INVALID. */
export async function readDocument({ cwd, terminal }: CliContext, file: string): Promise<Record<string, unknown>> {
  return parseDocument(file === '-' ? await terminal.readAll() : readText(resolve(cwd, file), 'Name a YAML file, or - for stdin.'));
}

/** Raises CLI_DOCUMENT_INVALID. */
export function parseDocument(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    // Aliases can blow a small file up into a huge one.
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw invalid((error as Error).message.split('\n')[0] ?? '');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('it is not an object');
}

function invalid(why: string): SmartantError {
  return new SmartantError('CLI_DOCUMENT_INVALID', `The document cannot be read: ${why}.`, {
    kind: 'invalid',
    hint: 'Write YAML or JSON; "smartant route show" prints one. Nothing was changed.',
  });
}
