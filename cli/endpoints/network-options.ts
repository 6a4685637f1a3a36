import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { EndpointLocation, EndpointSecret } from '../api/api';
import type { CliContext } from '../context';
import { readText } from '../files/read-text';
import type { Side } from './credentials';
import { secretInArguments } from './endpoint-url';
import { knownHostKeys } from './known-hosts';

type S3Location = Extract<EndpointLocation, { kind: 's3' }>;
type Step = NonNullable<S3Location['via']>[number];
type Network = NonNullable<EndpointSecret['network']>;
/** An option as it is called on this command line. */
type Called = (option: string) => string;

/** Options about how an endpoint is reached, as commander reads them. */
export interface NetworkOptions {
  viaProxy?: string[];
  viaSocks?: string[];
  viaSsh?: string[];
  viaHostKey?: string[];
  viaKey?: string[];
  tlsServerName?: string;
  tlsMin?: string;
  tlsPin?: string;
  tlsClientCert?: string;
  tlsClientKey?: string;
}

/** What the options say of the location, and of its secret. */
export type Reached = Pick<S3Location, 'via' | 'tls'> & { network?: Network };

/** The options of one side of a migration: `--source-via-ssh`, or `--via-ssh` where there is one endpoint. */
export type SideNetworkOptions = { [Name in keyof NetworkOptions as `${Side}${Capitalize<Name>}`]?: NetworkOptions[Name] };

const NAMES = Object.keys({
  viaProxy: 0,
  viaSocks: 0,
  viaSsh: 0,
  viaHostKey: 0,
  viaKey: 0,
  tlsServerName: 0,
  tlsMin: 0,
  tlsPin: 0,
  tlsClientCert: 0,
  tlsClientKey: 0,
} satisfies Record<keyof NetworkOptions, 0>);

/** Those of one side, under the names that `readNetwork` knows. */
export function networkOptionsOf(options: SideNetworkOptions, side: Side): NetworkOptions {
  const given = options as Record<string, unknown>;
  return Object.fromEntries(NAMES.map((name) => [name, given[`${side}${name[0]!.toUpperCase()}${name.slice(1)}`]]));
}

/**
 * What the options ask for. Passwords come from the environment: SMARTANT_VIA_PASSWORD, or _1_, _2_… by step; of one side of a migration
 * SMARTANT_SOURCE_VIA_… and SMARTANT_TARGET_VIA_… first. Raises CLI_USAGE, CLI_SECRET_IN_ARGS, CLI_HOST_KEY_UNKNOWN,
 * CLI_CREDENTIALS_NOT_FOUND, CLI_FILE_UNREADABLE.
 */
export function readNetwork(context: CliContext, options: NetworkOptions, side?: Side): Reached {
  const called: Called = (option) => (side === undefined ? `--${option}` : `--${side}-${option}`);
  const steps = [
    ...(options.viaProxy ?? []).map((text) => readProxy(text, called('via-proxy'))),
    ...(options.viaSocks ?? []).map((text) => readSocks(text, called('via-socks'))),
    ...(options.viaSsh ?? []).map((text) => readSsh(context, text, options.viaHostKey, called)),
  ];
  const ways = steps.map((_, index) => readWaySecret(context, { steps, index, side }, options.viaKey ?? [], called));
  const clientCertificate = readClientCertificate(context, options, called);
  const network = { ...(ways.length > 0 ? { ways } : {}), ...(clientCertificate ? { clientCertificate } : {}) };
  const tls = readTls(options, called);
  return {
    ...(steps.length > 0 ? { via: steps } : {}),
    ...(Object.keys(tls).length > 0 ? { tls } : {}),
    ...(Object.keys(network).length > 0 ? { network } : {}),
  };
}

function readProxy(text: string, option: string): Step {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.password) throw secretInArguments(option);
  if (!url || !/^https?:$/.test(url.protocol) || !url.hostname) throw usage(option, text, 'http://[USER@]HOST:PORT or https://…');
  const tls = url.protocol === 'https:';
  const port = Number(url.port || (tls ? 443 : 80));
  return { kind: 'proxy', host: bare(url.hostname), port, tls, ...(url.username ? { user: decodeURIComponent(url.username) } : {}) };
}

function readSocks(text: string, option: string): Step {
  const { host, port = 1_080, user } = readAddress(option, text);
  return { kind: 'socks', host, port, ...(user === undefined ? {} : { user }) };
}

/** Without a pinned key, what the user's own ssh knows of the host is pinned. */
function readSsh(context: CliContext, text: string, given: string[] | undefined, called: Called): Step {
  const { host, port = 22, user } = readAddress(called('via-ssh'), text);
  if (user === undefined) throw usage(called('via-ssh'), text, 'USER@HOST[:PORT]');
  const file = join(context.homeDir, '.ssh', 'known_hosts');
  const hostKeys = given ?? (existsSync(file) ? knownHostKeys(readFileSync(file, 'utf8'), host, port) : []);
  if (hostKeys.length > 0) return { kind: 'ssh', host, port, user, hostKeys: hostKeys.slice(0, 8) };
  throw new SmartantError(
    'CLI_HOST_KEY_UNKNOWN',
    `The host key of ${host} is not known: neither by ${called('via-host-key')} nor by ${file}.`,
    {
      kind: 'invalid',
      hint: `Give its fingerprint, as "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the bastion says it: ${called('via-host-key')} SHA256:…`,
    },
  );
}

function readAddress(option: string, text: string): { host: string; port?: number; user?: string } {
  const url = URL.canParse(`ssh://${text}`) ? new URL(`ssh://${text}`) : undefined;
  if (url?.password) throw secretInArguments(option);
  if (!url?.hostname || !/^\/?$/.test(url.pathname) || url.search || url.hash) throw usage(option, text, '[USER@]HOST[:PORT]');
  const user = url.username ? { user: decodeURIComponent(url.username) } : {};
  return { host: bare(url.hostname), ...(url.port ? { port: Number(url.port) } : {}), ...user };
}

function readWaySecret(
  { env, cwd }: CliContext,
  { steps, index, side }: { steps: Step[]; index: number; side: Side | undefined },
  keyFiles: string[],
  called: Called,
) {
  const step = steps[index]!;
  const variable = (name: string) =>
    passwordVariables(side, index + 1, name)
      .map((each) => env[each])
      .find(Boolean);
  const password = step.user === undefined ? undefined : variable('PASSWORD');
  if (step.kind !== 'ssh') return password === undefined ? {} : { password };
  const bastion = steps.slice(0, index).filter(({ kind }) => kind === 'ssh').length;
  const file = keyFiles.length === 1 ? keyFiles[0] : keyFiles[bastion];
  const key = file === undefined ? undefined : readText(resolve(cwd, file), `${called('via-key')} names a private key file.`);
  const passphrase = key === undefined ? undefined : variable('PASSPHRASE');
  if (password === undefined && key === undefined) {
    throw new SmartantError('CLI_CREDENTIALS_NOT_FOUND', `There is neither a key nor a password for ${step.user}@${step.host}.`, {
      kind: 'invalid',
      hint: `Name a private key by ${called('via-key')} FILE, or set ${passwordVariables(side, index + 1, 'PASSWORD')[1]}.`,
    });
  }
  return {
    ...(password === undefined ? {} : { password }),
    ...(key === undefined ? {} : { privateKeyPem: key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** The most particular one first. */
function passwordVariables(side: Side | undefined, step: number, name: string): string[] {
  const prefixes = [...(side === undefined ? [] : [`SMARTANT_${side.toUpperCase()}_VIA`]), 'SMARTANT_VIA'];
  return prefixes.flatMap((prefix) => [`${prefix}_${step}_${name}`, `${prefix}_${name}`]);
}

function readTls({ tlsServerName, tlsMin, tlsPin }: NetworkOptions, called: Called): NonNullable<S3Location['tls']> {
  if (tlsMin !== undefined && tlsMin !== '1.2' && tlsMin !== '1.3') throw usage(called('tls-min'), tlsMin, '1.2 or 1.3');
  return {
    ...(tlsServerName === undefined ? {} : { serverName: tlsServerName }),
    ...(tlsMin === undefined ? {} : { minVersion: tlsMin === '1.3' ? 'TLSv1.3' : 'TLSv1.2' }),
    ...(tlsPin === undefined ? {} : { certificateSha256: tlsPin }),
  };
}

function readClientCertificate(
  { cwd }: CliContext,
  { tlsClientCert, tlsClientKey }: NetworkOptions,
  called: Called,
): Network['clientCertificate'] {
  if (tlsClientCert === undefined && tlsClientKey === undefined) return undefined;
  if (tlsClientCert === undefined || tlsClientKey === undefined) {
    throw new SmartantError('CLI_USAGE', `${called('tls-client-cert')} and ${called('tls-client-key')} belong together.`, {
      kind: 'invalid',
      hint: 'Give both.',
    });
  }
  return {
    certificatePem: readText(resolve(cwd, tlsClientCert), `${called('tls-client-cert')} names a PEM file.`),
    privateKeyPem: readText(resolve(cwd, tlsClientKey), `${called('tls-client-key')} names a PEM file.`),
  };
}

const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');

function usage(option: string, text: string, form: string): SmartantError {
  return new SmartantError('CLI_USAGE', `${option} "${text}" cannot be read.`, { kind: 'invalid', hint: `Write it as ${form}.` });
}
