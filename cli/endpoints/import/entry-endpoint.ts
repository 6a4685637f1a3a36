import { resolve } from 'node:path';
import type { EndpointLocation } from '../../api/api';
import type { CliContext } from '../../context';
import { readText } from '../../files/read-text';
import { parseEndpoint, type EndpointTarget } from '../endpoint-url';
import type { InlineEndpoint } from '../resolve-endpoint';
import { TLS_MODES } from '../postgres-url';
import { databaseEntrySecret, entrySecret, type SecretsFile } from './entry-secret';
import { entryInvalid, type ImportField, type ImportFields } from './import-fields';

export type NamedEndpoint = InlineEndpoint & { name: string };

const OF_S3: ImportField[] = ['serviceUrl', 'region', 'bucket', 'prefix', 'addressing', 'caFile'];
const OF_FILE: ImportField[] = ['root', 'path'];
const OF_DATABASE: ImportField[] = ['host', 'port', 'database', 'user', 'tlsMode'];

/** The endpoint that an entry describes, by a URL or by its fields. What its values must look like is the server's to say. */
export function entryEndpoint(context: CliContext, fields: ImportFields, secrets: SecretsFile): NamedEndpoint {
  const { name } = fields;
  if (name === undefined) throw entryInvalid('The entry has no name.', 'Fill the field "name".');
  const complete = fields.url === undefined ? fields : { ...fields, ...fieldsOfUrl(context, fields) };
  const kind = complete.kind ?? (complete.root !== undefined ? 'file' : complete.database !== undefined ? 'postgres' : 's3');
  if (kind === 'postgres')
    return { name, location: postgresLocation(context, complete), secret: databaseEntrySecret(context, complete, secrets) };
  if (kind === 'file') {
    refuse(complete, [...OF_S3, ...OF_DATABASE], 'a file endpoint');
    const location = { kind: 'file' as const, root: required(complete, 'root'), path: complete.path ?? '' };
    return { name, location, secret: { kind: 'none' } };
  }
  if (kind !== 's3') throw entryInvalid(`"${kind}" is no kind of endpoint.`, 'Use s3, file or postgres.');
  refuse(complete, [...OF_FILE, ...OF_DATABASE], 'an S3 endpoint');
  return { name, location: s3Location(context, complete), secret: entrySecret(context, complete, secrets) };
}

/** The fields that a URL stands for. It may not name what fields name as well. */
function fieldsOfUrl({ cwd }: CliContext, fields: ImportFields): ImportFields {
  refuse(fields, ['kind', ...OF_S3, ...OF_FILE, ...OF_DATABASE], 'an entry with a URL');
  const target: EndpointTarget = parseEndpoint(fields.url ?? '', cwd);
  if (target.kind === 'postgres') return withoutEmpty({ ...target, port: target.port === undefined ? undefined : String(target.port) });
  if (target.kind !== 's3') {
    throw entryInvalid(
      'The URL of an entry is that of a bucket or a database.',
      'Write s3://… or postgres://…; for files, fill the fields root and path.',
    );
  }
  const { bucket, prefix, serviceUrl, region, profile, addressing, caFile } = target;
  const given = { kind: 's3', bucket, prefix, serviceUrl, region, profile: fields.profile ?? profile, addressing, caFile };
  return withoutEmpty(given);
}

function withoutEmpty(given: Record<string, string | undefined>): ImportFields {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''));
}

function postgresLocation(context: CliContext, fields: ImportFields): EndpointLocation {
  refuse(fields, ['serviceUrl', 'region', 'bucket', 'prefix', 'addressing', ...OF_FILE], 'a database');
  const { port, tlsMode, caFile } = fields;
  const mode = TLS_MODES.find((known) => known === tlsMode);
  if (tlsMode !== undefined && mode === undefined) throw entryInvalid(`"${tlsMode}" is no TLS mode.`, `Use ${TLS_MODES.join(', ')}.`);
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw entryInvalid(`"${port}" is no port.`, 'Use 1 to 65535.');
  return {
    kind: 'postgres',
    host: required(fields, 'host'),
    ...(port === undefined ? {} : { port: Number(port) }),
    database: required(fields, 'database'),
    user: required(fields, 'user'),
    ...(mode ? { tlsMode: mode } : {}),
    ...(caFile ? { tlsCaPem: readText(resolve(context.cwd, caFile), 'caFile names a PEM file of certificates.') } : {}),
  };
}

function s3Location(context: CliContext, fields: ImportFields): EndpointLocation {
  const { serviceUrl = '', region, prefix = '', addressing, caFile } = fields;
  if (addressing !== undefined && addressing !== 'path' && addressing !== 'virtual') {
    throw entryInvalid(`"${addressing}" is no addressing.`, 'Use path or virtual.');
  }
  return {
    kind: 's3',
    serviceUrl,
    bucket: required(fields, 'bucket'),
    prefix,
    ...(region ? { region } : {}),
    ...(addressing ? { addressing } : {}),
    ...(caFile ? { tlsCaPem: readText(resolve(context.cwd, caFile), 'caFile names a PEM file of certificates.') } : {}),
  };
}

function required(fields: ImportFields, field: ImportField): string {
  const value = fields[field];
  if (value !== undefined) return value;
  throw entryInvalid(`The entry has no ${field}.`, `Fill the field "${field}".`);
}

function refuse(fields: ImportFields, names: ImportField[], of: string): void {
  const found = names.find((name) => fields[name] !== undefined);
  if (found) throw entryInvalid(`The field "${found}" is not one of ${of}.`, `Leave "${found}" empty.`);
}
