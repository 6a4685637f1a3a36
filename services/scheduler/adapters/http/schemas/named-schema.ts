import { z } from 'zod';

/** Schemas that the OpenAPI document names under `components/schemas`. Requests are described as they are sent (defaults optional), responses as they arrive. */
export const requestSchemas = z.registry<{ id: string }>();
export const responseSchemas = z.registry<{ id: string }>();

/** Gives a request body, or a part of one, its name in the document. */
export function request<T extends z.ZodType>(id: string, schema: T): T {
  requestSchemas.add(schema, { id });
  return schema;
}

/** Gives a response body, or a part of one, its name in the document. */
export function response<T extends z.ZodType>(id: string, schema: T): T {
  responseSchemas.add(schema, { id });
  return schema;
}

/** A response that lists one page of items. */
export function page<T extends z.ZodType>(id: string, item: T) {
  return response(id, z.object({ items: z.array(item), nextPageToken: z.string().nullable().describe('Null on the last page.') }));
}

export const timestamp = () => z.string().meta({ format: 'date-time' });

/** A counter or a size: JSON numbers carry whole numbers up to 2^53 - 1 exactly. */
export const count = () => z.number();

/** Text without control characters, so that it can't forge log lines or terminal output. */
export const plainText = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters');

/** A name that users choose and later write in commands and paths. */
export const resourceName = () =>
  z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must begin with a letter or digit and contain only letters, digits, ".", "_" and "-"');

export const pageQuery = {
  pageSize: z.coerce.number().int().min(1).max(200).optional().describe('Items a page, 1 to 200. 50 when absent.'),
  pageToken: z.string().min(1).max(2_048).optional().describe('nextPageToken of the page before.'),
};

/** A string that a rule accepts; what the rule says of another one is its message. */
export const checked = (schema: z.ZodString, rule: (value: string) => string | null) =>
  schema.superRefine((value, context) => {
    const problem = rule(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

/** A query parameter that is written `true` or `false`. */
export const queryFlag = () =>
  z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional();

/** An optional field that is absent must not overwrite a default. */
export function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as never;
}

const DEEPEST = 32;

/** An object of JSON whose form another service knows. Its depth is held, for everybody who walks through it. */
export const jsonObject = () =>
  z.record(z.string(), z.unknown()).refine((value) => !isDeeper(value, DEEPEST), `must not be nested deeper than ${DEEPEST}`);

function isDeeper(value: unknown, than: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return than === 0 || Object.values(value).some((inner) => isDeeper(inner, than - 1));
}
