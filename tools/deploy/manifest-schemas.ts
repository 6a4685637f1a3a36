import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv/dist/2020';
import type { Manifest } from './render-chart';

type Schema = Record<string, unknown>;

const FOLDER = join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'kubernetes-schemas');

/** Versions of Kubernetes whose schemas `npm run provision -- kubernetes-schemas` has put there; the oldest first. */
export function kubernetesVersions(): string[] {
  if (!existsSync(FOLDER)) return [];
  const versions = readdirSync(FOLDER).flatMap((name) => /^v([\d.]+)\.json$/.exec(name)?.[1] ?? []);
  return versions.sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
}

/** What an API server under strict validation would refuse: unknown fields, wrong types, choices and patterns, missing fields. */
export class ManifestSchemas {
  private readonly ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false });
  /** "apiVersion/Kind" */
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly builtIn = new Map<string, string>();
  private readonly custom = new Map<string, Schema>();

  constructor(version: string) {
    const { $defs } = JSON.parse(readFileSync(join(FOLDER, `v${version}.json`), 'utf8')) as { $defs: Record<string, Schema> };
    const definitions = Object.fromEntries(Object.entries($defs).map(([name, schema]) => [name, strict(schema)]));
    this.ajv.addSchema({ $id: 'https://kubernetes.io/api', $defs: definitions });
    for (const [name, schema] of Object.entries(definitions)) this.noteKind(name, schema);
    for (const file of readdirSync(join(__dirname, 'schemas'))) this.addCustom(join(__dirname, 'schemas', file));
  }

  /** Empty: it is in order. */
  problems(manifest: Manifest): string[] {
    const key = `${manifest.apiVersion}/${manifest.kind}`;
    const validate = this.validators.get(key) ?? this.compile(key);
    if (!validate) return [`${key}: nothing knows this kind`];
    const isInOrder: boolean = validate(manifest);
    if (isInOrder) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${key} ${manifest.metadata.name}${instancePath}: ${message} ${JSON.stringify(params)}`,
    );
  }

  private noteKind(name: string, schema: Schema): void {
    const { apiVersion, kind } = (schema['properties'] ?? {}) as Record<string, { enum?: string[] } | undefined>;
    for (const version of apiVersion?.enum ?? []) for (const named of kind?.enum ?? []) this.builtIn.set(`${version}/${named}`, name);
  }

  private compile(key: string): ValidateFunction | undefined {
    const name = this.builtIn.get(key);
    const schema = name === undefined ? this.custom.get(key) : { $ref: `https://kubernetes.io/api#/$defs/${name}` };
    if (!schema) return undefined;
    const validate = this.ajv.compile(schema);
    this.validators.set(key, validate);
    return validate;
  }

  private addCustom(file: string): void {
    const { group, kind, version, schema } = JSON.parse(readFileSync(file, 'utf8')) as {
      group: string;
      kind: string;
      version: string;
      schema: Schema;
    };
    const { properties, ...rest } = strict(schema) as { properties: Schema };
    // A CRD leaves these to the API server.
    const known = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
    this.custom.set(`${group}/${version}/${kind}`, { ...rest, properties: { ...properties, ...known } });
  }
}

/** Unknown fields are refused wherever fields are named, unless the schema keeps unknown ones; "int or string" is said in Kubernetes' own way. */
function strict(value: unknown): Schema {
  if (Array.isArray(value)) return value.map(strict) as unknown as Schema;
  if (typeof value !== 'object' || value === null) return value as Schema;
  const schema = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === 'default' ? inner : strict(inner)]));
  if (schema['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] };
  // An API server drops whatever is in an object of which a CRD says nothing more.
  const named = typeof schema['properties'] === 'object' || Object.keys(schema).join() === 'type';
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  // Within oneOf, anyOf and not, properties are conditions: the fields stand beside.
  return named && !isOpen && isObjectType(schema['type']) ? { ...schema, additionalProperties: false } : schema;
}

/** Kubernetes' own schemas let every field be null. */
function isObjectType(type: unknown): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'));
}
