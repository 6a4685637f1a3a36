import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { Api, EndpointLocation, EndpointRef, EndpointSecret } from '../api/api';
import type { CliContext } from '../context';
import { findDatabaseSecret } from './database-secret';
import { findHostSecret, pinnedKeys, type HostAccess } from './host-secret';
import type { ImageTarget, SshTarget } from './ssh-url';
import type { PostgresTarget } from './postgres-url';
import { findS3Secret, readAwsProfile, type Side } from './credentials';
import { parseEndpoint, type EndpointTarget } from './endpoint-url';
import type { Reached } from './network-options';
import { isSaid, withNetwork } from './with-network';

/** A location and its secret, as the API takes them. */
export interface InlineEndpoint {
  location: EndpointLocation;
  secret: EndpointSecret;
}

/**
 * What SRC or DST names, as the API takes it: credentials and registered roots looked up. `reached`: as the options say. Raises CLI_USAGE
 * where those are given for a saved endpoint, which has a way of its own.
 */
export async function resolveEndpoint(
  context: CliContext,
  api: Api,
  text: string,
  side: Side,
  { passwordFile, identity, hostKeys, ...reached }: Reached & HostAccess = {},
): Promise<EndpointRef> {
  const target = parseEndpoint(text, context.cwd);
  if (target.kind !== 'saved')
    return withNetwork(await resolveInline(context, api, target, side, { passwordFile, identity, hostKeys }), reached, text);
  if (!isSaid({ ...reached, ...withoutAbsent({ identity, hostKeys }) })) return { endpoint: target.name };
  throw new SmartantError('CLI_USAGE', `"${target.name}" is a saved endpoint, whose way is saved with it.`, {
    kind: 'invalid',
    hint: `Leave --${side}-via-…, --${side}-tls-…, --${side}-identity and --${side}-host-key out, or write where it is: s3://….`,
  });
}

/** The same for what is not a saved endpoint. */
export async function resolveInline(
  context: CliContext,
  api: Api,
  target: Exclude<EndpointTarget, { kind: 'saved' }>,
  side: Side | undefined,
  access: HostAccess = {},
): Promise<InlineEndpoint> {
  if (target.kind === 'postgres') return resolvePostgres(context, target, side, access.passwordFile);
  if (target.kind === 'ssh') return resolveSsh(context, target, side, access);
  if (target.kind === 'image') return resolveImage(api, target);
  return target.kind === 's3' ? resolveS3(context, target, side) : resolvePath(api, target.path);
}

function resolveS3(context: CliContext, target: EndpointTarget & { kind: 's3' }, side: Side | undefined): InlineEndpoint {
  const profile = target.profile ? readAwsProfile(context, target.profile) : {};
  const variables = (name: string) => (side && context.env[`SMARTANT_${side.toUpperCase()}_${name}`]) || context.env[`AWS_${name}`];
  const region = target.region ?? profile.region ?? (variables('REGION') || context.env['AWS_DEFAULT_REGION'] || undefined);
  const location: EndpointLocation = {
    kind: 's3',
    serviceUrl: target.serviceUrl ?? profile.endpointUrl ?? '',
    ...(region ? { region } : {}),
    bucket: target.bucket,
    prefix: target.prefix,
    ...(target.addressing ? { addressing: target.addressing } : {}),
    ...(target.caFile ? { tlsCaPem: readCa(context, target.caFile) } : {}),
  };
  return { location, secret: findS3Secret(context, side, target.profile) };
}

async function resolvePostgres(
  context: CliContext,
  target: PostgresTarget,
  side: Side | undefined,
  passwordFile: string | undefined,
): Promise<InlineEndpoint> {
  const { caFile, ...location } = target;
  return {
    location: { ...location, ...(caFile ? { tlsCaPem: readCa(context, caFile) } : {}) },
    secret: await findDatabaseSecret(context, side, target, passwordFile),
  };
}

/** A host whose key nobody knows yet is asked for it before anything is signed in to. */
async function resolveSsh(context: CliContext, target: SshTarget, side: Side | undefined, access: HostAccess): Promise<InlineEndpoint> {
  const hostKeys = pinnedKeys(context, target, access.hostKeys);
  return { location: { ...target, hostKeys }, secret: await findHostSecret(context, side, { user: 'root', ...target }, access) };
}

/** The image itself may not be there yet; the folder that it is to lie in is. */
async function resolveImage(api: Api, { path, format }: ImageTarget): Promise<InlineEndpoint> {
  const below = await belowRoot(api, dirname(path));
  const inFolder = below.path === '' ? basename(path) : `${below.path}/${basename(path)}`;
  return { location: { kind: 'image', root: below.root, path: inFolder, format }, secret: { kind: 'none' } };
}

function withoutAbsent<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;
}

function readCa(context: CliContext, file: string): string {
  const path = resolve(context.cwd, file);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  throw new SmartantError('CLI_FILE_UNREADABLE', `There is no file ${path}.`, {
    kind: 'invalid',
    hint: 'ca= names a PEM file of certificates.',
  });
}

/** A path lies below a root that an administrator registered; the most specific one wins. */
async function resolvePath(api: Api, path: string): Promise<InlineEndpoint> {
  return { location: { kind: 'file', ...(await belowRoot(api, path)) }, secret: { kind: 'none' } };
}

async function belowRoot(api: Api, path: string): Promise<{ root: string; path: string }> {
  const roots = await api.platform.fileRoots();
  // The CLI often runs on the migrators' machine: then a path through a symbolic link can be found by where it leads.
  const candidates = existsSync(path) ? [path, realpathSync(path)] : [path];
  for (const candidate of candidates) {
    const root = roots
      .filter(({ path: rootPath }) => candidate === rootPath || candidate.startsWith(rootPath.replace(/\/*$/, '/')))
      .sort((a, b) => b.path.length - a.path.length)[0];
    if (root) {
      const below = candidate.slice(root.path.replace(/\/*$/, '').length).replace(/^\/+/, '');
      return { root: root.name, path: below };
    }
  }
  throw new SmartantError('CLI_PATH_NOT_REGISTERED', `${path} lies below no registered file root.`, {
    kind: 'invalid',
    hint: `An administrator can open it: smartant root add NAME ${path}${roots.length ? ` (now open: ${roots.map((root) => root.path).join(', ')})` : ''}`,
  });
}
