import { z } from 'zod';
import { pathParameterNames, type RouteDefinition } from './route-definition';
import { ALL_ROUTES } from './routes/all-routes';
import { requestSchemas, responseSchemas } from './schemas/named-schema';
import { problem } from './schemas/platform-schemas';

type Json = Record<string, unknown>;

const PARAMETER_DESCRIPTIONS: Record<string, string> = {
  ws: 'Name or id of your workspace.',
  id: 'Id.',
  idOrName: 'Id or name.',
  name: 'Name.',
  user: 'Id or name of a user.',
};

/** The OpenAPI 3.1 document, from the same route table that serves the API. Needs no running application. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of ALL_ROUTES) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'SmartAnt',
      version,
      description: 'Migrations of hosts, databases and object storage to the cloud, with proof that nothing was lost.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ accessToken: [] }],
    tags: ['Sign-in', 'Workspaces', 'Endpoints', 'Migrations', 'Notifications', 'Platform'].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From POST /v1/auth/token.' },
      },
      schemas: { ...componentSchemas(requestSchemas, 'input'), ...componentSchemas(responseSchemas, 'output') },
    },
  };
}

function operation(route: RouteDefinition): Json {
  const isPublic = route.permission === 'public';
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    ...(isPublic ? { security: [] } : { 'x-smartant-permission': route.permission }),
    'x-smartant-admission': route.admission,
    parameters: parameters(route),
    ...(route.body ? { requestBody: { required: !route.bodyOptional, content: json(route.body, 'input') } } : {}),
    responses: responses(route),
  };
}

function parameters(route: RouteDefinition): Json[] {
  const inPath = pathParameterNames(route.path).map((name) => ({
    name,
    in: 'path',
    required: true,
    description: PARAMETER_DESCRIPTIONS[name],
    schema: { type: 'string' },
  }));
  const headers = [
    ...(route.idempotent ? [header('Idempotency-Key', 'A repeated call with the same key and content answers as the first one did.')] : []),
    ...(route.ifMatch ? [header('If-Match', 'The ETag that the change is based on.')] : []),
  ];
  return [...inPath, ...queryParameters(route), ...headers];
}

const header = (name: string, description: string) => ({ name, in: 'header', required: false, description, schema: { type: 'string' } });

function queryParameters(route: RouteDefinition): Json[] {
  if (!route.query) return [];
  const schema = inlineSchema(route.query, 'input') as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    ...(description ? { description } : {}),
    schema: rest,
  }));
}

function responses(route: RouteDefinition): Json {
  const usual =
    route.answer === 'nothing'
      ? { description: 'Done.' }
      : route.answer === 'redirect'
        ? { description: 'Go on there.', headers: { Location: { description: 'The next address.', schema: { type: 'string' } } } }
        : {
            description: 'Done.',
            ...(route.etag ? { headers: { ETag: { description: 'Its version.', schema: { type: 'string' } } } } : {}),
            content: contentOf(route.answer),
          };
  const other = route.otherAnswer;
  return {
    [route.status]: usual,
    ...(other ? { [other.status]: { description: `When ${other.when}.`, content: json(other.schema, 'output') } } : {}),
    ...refusals(route),
    default: problemAnswer('A problem.'),
  };
}

function contentOf(answer: z.ZodType | 'event-stream' | 'lines'): Json {
  if (answer === 'lines') return { 'application/x-ndjson': { schema: { type: 'string', description: 'One JSON document a line.' } } };
  if (answer !== 'event-stream') return json(answer, 'output');
  return { 'text/event-stream': { schema: { type: 'string', description: 'Data of `update` events: WatchUpdate.' } } };
}

/** Under load every operation may be refused unread, the dearest first: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function refusals({ admission }: RouteDefinition): Json {
  const headers = { 'Retry-After': { description: 'Seconds to wait before it is sent again.', schema: { type: 'integer' } } };
  const rate = (description: string) => ({ description, schema: { type: 'string' } });
  const rateHeaders = {
    'RateLimit-Policy': rate('What one caller may send: "caller";q=requests;w=seconds. Every answer has it.'),
    RateLimit: rate('What is left of it: "caller";r=requests;t=seconds until all is back. Every answer has it.'),
  };
  const ofClass = `of the class "${admission}"`;
  return {
    429: {
      ...problemAnswer(`You sent too many requests, or have too many ${ofClass} under way. Nothing was done.`),
      headers: { ...headers, ...rateHeaders },
    },
    503: { ...problemAnswer(`The service is too busy for requests ${ofClass}. Nothing was done.`), headers },
  };
}

const problemAnswer = (description: string): Json => ({
  description,
  content: { 'application/problem+json': { schema: reference(problem, 'output') } },
});

const json = (schema: z.ZodType, io: 'input' | 'output') => ({ 'application/json': { schema: reference(schema, io) } });

function reference(schema: z.ZodType, io: 'input' | 'output'): Json {
  const id = (io === 'input' ? requestSchemas : responseSchemas).get(schema)?.id;
  return id === undefined ? inlineSchema(schema, io) : { $ref: `#/components/schemas/${id}` };
}

function componentSchemas(registry: typeof requestSchemas, io: 'input' | 'output'): Record<string, Json> {
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => tidy(jsonSchema, io),
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _dialect, $id: _id, ...rest } = schema as Json;
      return [id, rest];
    }),
  );
}

function inlineSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, override: ({ jsonSchema }) => tidy(jsonSchema, io) }) as Json;
  return rest;
}

/** Drops what says nothing to a reader, and lets clients meet fields of newer versions. */
function tidy(schema: Json, io: 'input' | 'output'): void {
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (io === 'output' && schema['additionalProperties'] === false) delete schema['additionalProperties'];
}
