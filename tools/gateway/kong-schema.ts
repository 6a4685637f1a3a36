import fields from './kong-fields.json';

/** A field as Kong's schema describes it; what is not here is not checked. */
interface Field {
  type?: string;
  required?: boolean;
  default?: unknown;
  one_of?: unknown[];
  not_one_of?: unknown[];
  between?: [number, number];
  gt?: number;
  len_min?: number;
  starts_with?: string;
  match?: string;
  match_any?: string[];
  match_none?: string[];
  uuid?: boolean;
  must_be_null?: boolean;
  dbless_one_of?: unknown[];
  elements?: Field;
  keys?: Field;
  values?: Field;
  fields?: Record<string, Field>;
  shorthand_fields?: Record<string, Field>;
  rules?: Rule[];
}

type Rule = { at_least_one_of?: string[]; only_one_of?: string[] };

interface PluginSchema {
  config: Field;
  protocols: string[];
  cannot_attach_to?: string[];
  rules?: Rule[];
}

type Record_ = Record<string, unknown>;

const schema = fields as unknown as { plugins: Record<string, PluginSchema>; entities: Record<string, Field> };
const FOREIGN = new Set(['service', 'route', 'consumer']);
/** Entities that stand inside another one in a declarative file. */
const NESTED: Record<string, string[]> = {
  services: ['routes', 'plugins'],
  routes: ['plugins'],
  consumers: ['plugins', 'acls', 'jwt_secrets', 'keyauth_credentials'],
};

/**
 * What Kong 3.9 would refuse in a declarative file (DB-less): unknown fields and plugins, wrong types and limits, names that are there twice
 * or that name nothing. Empty: nothing that its schema tells. Rules that Kong runs as code are not among them.
 */
export function kongProblems(config: Record_): string[] {
  const problems = config['_format_version'] === '3.0' ? [] : ['_format_version: expected "3.0"'];
  for (const [name, list] of Object.entries(config)) {
    if (name.startsWith('_')) continue;
    if (!schema.entities[name]) problems.push(`${name}: unknown`);
    else problems.push(...entities(name, list, name, null));
  }
  return [...problems, ...references(config)];
}

function entities(kind: string, list: unknown, path: string, parent: string | null): string[] {
  if (!Array.isArray(list)) return [`${path}: expected a list`];
  const names = list.map((entity: Record_) => entity['name'] ?? entity['username'] ?? entity['key']).filter((name) => name !== undefined);
  const twice = kind === 'plugins' ? [] : names.filter((name, at) => names.indexOf(name) < at);
  return [
    ...twice.map((name) => `${path}: ${String(name)} is there twice`),
    ...list.flatMap((entity: Record_, at) => entityProblems(kind, entity, `${path}[${at}]`, parent)),
  ];
}

function entityProblems(kind: string, entity: Record_, path: string, parent: string | null): string[] {
  if (kind === 'plugins') return pluginProblems(entity, path, parent);
  const nested = NESTED[kind] ?? [];
  const own = Object.fromEntries(Object.entries(entity).filter(([name]) => !nested.includes(name)));
  const inner = nested.flatMap((name) => (entity[name] === undefined ? [] : entities(name, entity[name], `${path}.${name}`, kind)));
  return [...recordProblems(schema.entities[kind] ?? {}, own, path, parent), ...inner];
}

function pluginProblems(plugin: Record_, path: string, parent: string | null): string[] {
  const known = schema.plugins[String(plugin['name'])];
  if (!known) return [`${path}: the plugin ${String(plugin['name'])} is unknown`];
  const at = `${path} (${String(plugin['name'])})`;
  const singular = parent?.replace(/s$/, '') ?? '';
  const outside = Object.keys(plugin).filter((name) => !(name in (schema.entities['plugins']?.fields ?? {})) && !FOREIGN.has(name));
  return [
    ...(known.cannot_attach_to?.includes(singular) ? [`${at}: may not stand in a ${singular}`] : []),
    ...outside.map((name) => `${at}.${name}: unknown`),
    ...valueProblems(known.config, plugin['config'] ?? {}, `${at}.config`),
    ...ruleProblems(known.rules, plugin, at),
  ];
}

function recordProblems(record: Field, value: Record_, path: string, parent: string | null = null): string[] {
  const { fields: known = {}, shorthand_fields: shorthands = {} } = record;
  const owner = parent?.replace(/s$/, '');
  const unknown = Object.keys(value).filter((name) => !(name in known) && !(name in shorthands));
  const missing = Object.entries(known).filter(
    ([name, field]) => field.required && field.default === undefined && value[name] === undefined && name !== owner && !isFilled(field),
  );
  return [
    ...unknown.map((name) => `${path}.${name}: unknown`),
    ...missing.filter(([name]) => !(name === 'host' && value['url'] !== undefined)).map(([name]) => `${path}.${name}: is missing`),
    ...Object.entries(known).flatMap(([name, field]) =>
      value[name] === undefined ? [] : valueProblems(field, value[name], `${path}.${name}`),
    ),
    ...ruleProblems(record.rules, value, path),
  ];
}

/** Records that are required are filled with their own defaults. */
function isFilled({ type }: Field): boolean {
  return type === 'record';
}

function valueProblems(field: Field, value: unknown, path: string): string[] {
  if (value === null) return [];
  switch (field.type) {
    case 'record':
      return isObject(value) ? recordProblems(field, value, path) : [`${path}: expected an object`];
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([key, inner]) => [
            ...valueProblems(field.keys ?? {}, key, `${path} (key ${key})`),
            ...valueProblems(field.values ?? {}, inner, `${path}.${key}`),
          ])
        : [`${path}: expected an object`];
    case 'array':
    case 'set':
      return listProblems(field, value, path);
    case 'foreign':
      return typeof value === 'string' || isObject(value) ? [] : [`${path}: expected a name`];
    default:
      return scalarProblems(field, value, path);
  }
}

function listProblems(field: Field, value: unknown, path: string): string[] {
  if (!Array.isArray(value)) return [`${path}: expected a list`];
  const repeats = field.type === 'set' && new Set(value.map((item) => JSON.stringify(item))).size < value.length;
  return [
    ...(repeats ? [`${path}: something is there twice`] : []),
    ...(value.length < (field.len_min ?? 0) ? [`${path}: too short`] : []),
    ...value.flatMap((item, at) => valueProblems(field.elements ?? {}, item, `${path}[${at}]`)),
  ];
}

const TYPES: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
};

function scalarProblems(field: Field, value: unknown, path: string): string[] {
  const check = TYPES[field.type ?? ''];
  if (check && !check(value)) return [`${path}: expected ${field.type}, not ${JSON.stringify(value)}`];
  const choices = field.dbless_one_of ?? field.one_of;
  const problems: string[] = [];
  if (choices && !choices.includes(value)) problems.push(`expected one of ${choices.join(', ')}, not ${String(value)}`);
  if (field.not_one_of?.includes(value)) problems.push(`may not be ${String(value)}`);
  if (typeof value === 'number') problems.push(...numberProblems(field, value));
  if (typeof value === 'string') problems.push(...textProblems(field, value));
  return problems.map((problem) => `${path}: ${problem}`);
}

function numberProblems({ between, gt }: Field, value: number): string[] {
  if (between && (value < between[0] || value > between[1])) return [`expected ${between[0]} to ${between[1]}, not ${value}`];
  return gt !== undefined && value <= gt ? [`expected more than ${gt}, not ${value}`] : [];
}

function textProblems({ starts_with: start, match, match_any: any, match_none: none }: Field, value: string): string[] {
  const problems: string[] = [];
  if (start !== undefined && !value.startsWith(start)) problems.push(`must begin with ${start}`);
  if (match !== undefined && !luaPattern(match).test(value)) problems.push(`does not match ${match}`);
  if (any && !any.some((pattern) => luaPattern(pattern).test(value))) problems.push(`matches none of ${any.join(' ')}`);
  if (none?.some((pattern) => luaPattern(pattern).test(value))) problems.push(`matches one of ${none.join(' ')}`);
  return problems;
}

const LUA_CLASSES: Record<string, string> = { u: '[A-Z]', l: '[a-z]', d: '[0-9]', w: '[A-Za-z0-9]', a: '[A-Za-z]', s: '\\s' };

/** Of Lua's patterns, what these fields use: % escapes, classes, and what regular expressions write alike. */
function luaPattern(pattern: string): RegExp {
  return new RegExp(pattern.replace(/%(.)/g, (_, character: string) => LUA_CLASSES[character] ?? `\\${character}`));
}

function ruleProblems(rules: Rule[] | undefined, value: Record_, path: string): string[] {
  return (rules ?? []).flatMap(({ at_least_one_of: atLeast, only_one_of: atMost }) => {
    const given = (names: string[]) => names.filter((name) => valueAt(value, name) !== undefined);
    return [
      ...(atLeast && given(atLeast).length === 0 ? [`${path}: needs one of ${atLeast.join(', ')}`] : []),
      ...(atMost && given(atMost).length > 1 ? [`${path}: takes only one of ${atMost.join(', ')}`] : []),
    ];
  });
}

function valueAt(value: Record_, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), value);
}

function references(config: Record_): string[] {
  const named = (kind: string) => new Set(((config[kind] as Record_[] | undefined) ?? []).map((entity) => entity['name']));
  const services = named('services');
  const routes = (config['routes'] as Record_[] | undefined) ?? [];
  return routes
    .filter(({ service }) => typeof service === 'string' && !services.has(service))
    .map(({ name, service }) => `routes: ${String(name)} names the service ${String(service)}, which is not there`);
}

function isObject(value: unknown): value is Record_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
