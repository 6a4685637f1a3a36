import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SmartantError } from '@smartant/kernel';
import type { EndpointLocation, EndpointSecret } from '../api/api';
import type { CliContext } from '../context';
import { readText } from '../files/read-text';
import { secretInArguments } from './endpoint-url';
import { knownHostKeys } from './known-hosts';

type S3Location = Extract<EndpointLocation, { kind: 's3' }>;
type Step = NonNullable<S3Location['via']>[number];
type Network = NonNullable<EndpointSecret['network']>;

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

/** What the options say of the location, and of its secret. Passwords come from the environment: SMARTANT_VIA_PASSWORD, or _1_, _2_… by step. */
export function readNetwork(context: CliContext, options: NetworkOptions): Pick<S3Location, 'via' | 'tls'> & { network?: Network } {
  const steps = [
    ...(options.viaProxy ?? []).map(readProxy),
    ...(options.viaSocks ?? []).map(readSocks),
    ...(options.viaSsh ?? []).map((text) => readSsh(context, text, options.viaHostKey)),
  ];
  const ways = steps.map((step, index) => readWaySecret(context, step, index, steps, options.viaKey ?? []));
  const clientCertificate = readClientCertificate(context, options);
  const network = { ...(ways.length > 0 ? { ways } : {}), ...(clientCertificate ? { clientCertificate } : {}) };
  const tls = readTls(options);
  return {
    ...(steps.length > 0 ? { via: steps } : {}),
    ...(Object.keys(tls).length > 0 ? { tls } : {}),
    ...(Object.keys(network).length > 0 ? { network } : {}),
  };
}

function readProxy(text: string): Step {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.password) throw secretInArguments('--via-proxy');
  if (!url || !/^https?:$/.test(url.protocol) || !url.hostname) throw usage('--via-proxy', text, 'http://[USER@]HOST:PORT or https://…');
  const tls = url.protocol === 'https:';
  const port = Number(url.port || (tls ? 443 : 80));
  return { kind: 'proxy', host: bare(url.hostname), port, tls, ...(url.username ? { user: decodeURIComponent(url.username) } : {}) };
}

function readSocks(text: string): Step {
  const { host, port = 1_080, user } = readAddress('--via-socks', text);
  return { kind: 'socks', host, port, ...(user === undefined ? {} : { user }) };
}

/** Without a pinned key, what the user's own ssh knows of the host is pinned. */
function readSsh(context: CliContext, text: string, given: string[] | undefined): Step {
  const { host, port = 22, user } = readAddress('--via-ssh', text);
  if (user === undefined) throw usage('--via-ssh', text, 'USER@HOST[:PORT]');
  const file = join(context.homeDir, '.ssh', 'known_hosts');
  const hostKeys = given ?? (existsSync(file) ? knownHostKeys(readFileSync(file, 'utf8'), host, port) : []);
  if (hostKeys.length > 0) return { kind: 'ssh', host, port, user, hostKeys: hostKeys.slice(0, 8) };
  throw new SmartantError('CLI_HOST_KEY_UNKNOWN', `The host key of ${host} is not known: neither by --via-host-key nor by ${file}.`, {
    kind: 'invalid',
    hint: 'Give its fingerprint, as "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the bastion says it: --via-host-key SHA256:…',
  });
}

function readAddress(option: string, text: string): { host: string; port?: number; user?: string } {
  const url = URL.canParse(`ssh://${text}`) ? new URL(`ssh://${text}`) : undefined;
  if (url?.password) throw secretInArguments(option);
  if (!url?.hostname || !/^\/?$/.test(url.pathname) || url.search || url.hash) throw usage(option, text, '[USER@]HOST[:PORT]');
  const user = url.username ? { user: decodeURIComponent(url.username) } : {};
  return { host: bare(url.hostname), ...(url.port ? { port: Number(url.port) } : {}), ...user };
}

function readWaySecret({ env, cwd }: CliContext, step: Step, index: number, steps: Step[], keyFiles: string[]) {
  const variable = (name: string) => env[`SMARTANT_VIA_${index + 1}_${name}`] || env[`SMARTANT_VIA_${name}`] || undefined;
  const password = step.user === undefined ? undefined : variable('PASSWORD');
  if (step.kind !== 'ssh') return password === undefined ? {} : { password };
  const bastion = steps.slice(0, index).filter(({ kind }) => kind === 'ssh').length;
  const file = keyFiles.length === 1 ? keyFiles[0] : keyFiles[bastion];
  const key = file === undefined ? undefined : readText(resolve(cwd, file), '--via-key names a private key file.');
  const passphrase = key === undefined ? undefined : variable('PASSPHRASE');
  if (password === undefined && key === undefined) {
    throw new SmartantError('CLI_CREDENTIALS_NOT_FOUND', `There is neither a key nor a password for ${step.user}@${step.host}.`, {
      kind: 'invalid',
      hint: 'Name a private key by --via-key FILE, or set SMARTANT_VIA_PASSWORD.',
    });
  }
  return {
    ...(password === undefined ? {} : { password }),
    ...(key === undefined ? {} : { privateKeyPem: key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

function readTls({ tlsServerName, tlsMin, tlsPin }: NetworkOptions): NonNullable<S3Location['tls']> {
  if (tlsMin !== undefined && tlsMin !== '1.2' && tlsMin !== '1.3') throw usage('--tls-min', tlsMin, '1.2 or 1.3');
  return {
    ...(tlsServerName === undefined ? {} : { serverName: tlsServerName }),
    ...(tlsMin === undefined ? {} : { minVersion: tlsMin === '1.3' ? 'TLSv1.3' : 'TLSv1.2' }),
    ...(tlsPin === undefined ? {} : { certificateSha256: tlsPin }),
  };
}

function readClientCertificate({ cwd }: CliContext, { tlsClientCert, tlsClientKey }: NetworkOptions): Network['clientCertificate'] {
  if (tlsClientCert === undefined && tlsClientKey === undefined) return undefined;
  if (tlsClientCert === undefined || tlsClientKey === undefined) {
    throw new SmartantError('CLI_USAGE', '--tls-client-cert and --tls-client-key belong together.', {
      kind: 'invalid',
      hint: 'Give both.',
    });
  }
  return {
    certificatePem: readText(resolve(cwd, tlsClientCert), '--tls-client-cert names a PEM file.'),
    privateKeyPem: readText(resolve(cwd, tlsClientKey), '--tls-client-key names a PEM file.'),
  };
}

const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');

function usage(option: string, text: string, form: string): SmartantError {
  return new SmartantError('CLI_USAGE', `${option} "${text}" cannot be read.`, { kind: 'invalid', hint: `Write it as ${form}.` });
}
