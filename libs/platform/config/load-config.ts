import { readFileSync } from 'node:fs';
import { SmartantError, type FieldError } from '@smartant/kernel';
import { z } from 'zod';

type Environment = Record<string, string | undefined>;

/**
 * Reads settings from the environment through a zod object schema whose keys are variable names.
 *
 * - An empty variable counts as absent.
 * - `NAME_FILE` gives the path of a file whose trimmed content is the value of `NAME` (Docker and Kubernetes secrets). A
 *   schema that itself has the key `NAME_FILE` takes it literally as a path.
 *
 * Raises `CONFIG_INVALID`, which names every wrong variable at once in `fields` and in its message. Values are never repeated:
 * a wrong value may be half a secret.
 */
export function loadConfig<Schema extends z.ZodType>(schema: Schema, env: Environment = process.env): z.output<Schema> {
  const { values, errors } = readValues(Object.keys(shapeOf(schema)), env);
  const parsed = schema.safeParse(values);
  if (parsed.success && errors.length === 0) return parsed.data;
  const unreadable = new Set(errors.map((error) => error.field));
  const issues = parsed.success ? [] : parsed.error.issues.map((issue) => asFieldError(issue, values));
  throw configInvalid([...errors, ...issues.filter((issue) => !unreadable.has(issue.field))]);
}

function configInvalid(fields: FieldError[]): SmartantError {
  const lines = fields.map((error) => `  ${error.field}: ${error.message}`);
  return new SmartantError('CONFIG_INVALID', `The configuration is wrong:\n${lines.join('\n')}`, {
    kind: 'invalid',
    actor: 'operator',
    hint: 'Correct the environment variables named above and start again.',
    fields,
  });
}

function readValues(names: string[], env: Environment): { values: Environment; errors: FieldError[] } {
  const values: Environment = {};
  const errors: FieldError[] = [];
  for (const name of names) {
    const literal = env[name] || undefined;
    const path = names.includes(`${name}_FILE`) ? undefined : env[`${name}_FILE`] || undefined;
    if (literal !== undefined && path !== undefined) {
      errors.push({ field: name, message: `both ${name} and ${name}_FILE are set; set one of them` });
    }
    try {
      values[name] = literal ?? (path === undefined ? undefined : readFileSync(path, 'utf8').trim() || undefined);
    } catch (error) {
      errors.push({ field: name, message: `${name}_FILE names a file that cannot be read (${(error as NodeJS.ErrnoException).code})` });
    }
  }
  return { values, errors };
}

function asFieldError(issue: z.core.$ZodIssue, values: Environment): FieldError {
  const field = issue.path.join('.') || '(settings)';
  const absent = issue.path.length === 1 && values[String(issue.path[0])] === undefined;
  return { field, message: absent && issue.code === 'invalid_type' ? 'is not set, and has no default' : lowerFirst(issue.message) };
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** The keys of an object schema, also below `.transform()` and `.pipe()`. */
function shapeOf(schema: z.ZodType): Record<string, unknown> {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodPipe) return shapeOf(schema.in as z.ZodType);
  throw new TypeError('loadConfig takes an object schema: its keys are the names of the variables.');
}
