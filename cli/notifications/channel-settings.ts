import { SmartantError } from '@smartant/kernel';
import { parse } from 'yaml';

interface Property {
  type?: string | string[];
  description?: string;
}

/** As much of a type's JSON Schema as is told to people. */
export interface SettingsSchema {
  properties?: Record<string, Property>;
  required?: string[];
}

/** `NAME=VALUE` options as settings: each value as its property in the schema wants it. Raises CLI_USAGE. */
export function readSettings(options: readonly string[], schema: SettingsSchema): Record<string, unknown> {
  return Object.fromEntries(
    options.map((option) => {
      const at = option.indexOf('=');
      if (at < 1) throw usage(`"${option}" is not NAME=VALUE.`);
      const name = option.slice(0, at);
      return [name, readValue(name, option.slice(at + 1), schema.properties?.[name])];
    }),
  );
}

/** Settings that are not in the schema go as texts: what is wrong with them the server says best. */
function readValue(name: string, text: string, property: Property | undefined): unknown {
  const types = [property?.type ?? 'string'].flat();
  if (types.includes('string')) return text;
  // A list of texts, as people write it: a,b
  if (types.includes('array') && !text.trimStart().startsWith('[')) return text.split(',').map((item) => item.trim());
  try {
    return parse(text);
  } catch {
    throw usage(`The value of "${name}" is not ${types.join(' or ')}.`);
  }
}

/** `url (required)  where messages are posted to`, a line each. */
export function propertyRows(schema: SettingsSchema): { name: string; required: boolean; type: string; description: string }[] {
  return Object.entries(schema.properties ?? {}).map(([name, { type = '', description = '' }]) => ({
    name,
    required: schema.required?.includes(name) ?? false,
    type: [type].flat().join('|'),
    description,
  }));
}

function usage(message: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint: 'See "smartant channel types TYPE" for what a channel takes.' });
}
