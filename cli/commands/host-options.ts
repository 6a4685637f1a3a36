import { resolve } from 'node:path';
import { basename, extname } from 'node:path';
import { parseDuration, SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { CreateMigration } from '../api/api';
import type { CliContext } from '../context';
import { parseSize, parseWhole } from '../endpoints/size';
import { readText } from '../files/read-text';
import type { Messages } from '../messages/messages';
import { collect } from './collect';

type HostScope = NonNullable<Extract<CreateMigration['spec'], { kind: 'host' }>['host']>;
type Probe = NonNullable<HostScope['probes']>[number];
type Plan = NonNullable<HostScope['network']>[number];

/** Options of `smartant migrate` for hosts, as commander reads them. */
export interface HostOptions {
  engine?: string;
  excludeMount?: string[];
  confirmDisk?: string[];
  size?: string[];
  targetDirectory?: string;
  imageSize?: string;
  stopService?: string[];
  sourceAfter?: string;
  network?: string[];
  hostname?: string;
  keepMachineId?: boolean;
  newHostKeys?: boolean;
  takeOver?: boolean;
  probe?: string[];
  action?: string[];
  /** False with --no-direct. */
  direct?: boolean;
  streams?: string;
  compress?: string;
  keepGuestTools?: boolean;
  /** False with --no-serial-console. */
  serialConsole?: boolean;
  roundInterval?: string;
}

export function addHostOptions(command: Command, { hosts: { help } }: Messages): Command {
  return command
    .option('--engine <engine>', help.engine)
    .option('--exclude-mount <path>', help.excludeMount, collect)
    .option('--confirm-disk <serial>', help.confirmDisk, collect)
    .option('--size <mount=size>', help.size, collect)
    .option('--target-directory <path>', help.targetDirectory)
    .option('--image-size <size>', help.imageSize)
    .option('--stop-service <name>', help.stopService, collect)
    .option('--source-after <what>', help.sourceAfter)
    .option('--network <plan>', help.network, collect)
    .option('--hostname <name>', help.hostname)
    .option('--keep-machine-id', help.keepMachineId)
    .option('--new-host-keys', help.newHostKeys)
    .option('--take-over', help.takeOver)
    .option('--probe <probe>', help.probe, collect)
    .option('--action <file>', help.action, collect)
    .option('--no-direct', help.noDirect)
    .option('--streams <n>', help.streams)
    .option('--compress <when>', help.compress)
    .option('--keep-guest-tools', help.keepGuestTools)
    .option('--no-serial-console', help.noSerialConsole)
    .option('--round-interval <duration>', help.roundInterval)
    .option('--source-identity <file>', help.sourceIdentity)
    .option('--target-identity <file>', help.targetIdentity)
    .option('--source-host-key <fingerprint>', help.sourceHostKey, collect)
    .option('--target-host-key <fingerprint>', help.targetHostKey, collect);
}

const ENGINES = ['files', 'blocks'] as const;
const AFTER = ['keep', 'network-off', 'power-off'] as const;
const VERIFY_LEVELS = ['content', 'metadata'] as const;
const COMPRESS = ['auto', 'always', 'never'] as const;

/** What the options ask for; what they leave out is left to the server's defaults. Raises CLI_USAGE, CLI_FILE_UNREADABLE. */
export function readHostScope(context: CliContext, options: HostOptions & { exclude?: string[]; verify?: string }): HostScope {
  const scope: HostScope = {
    engine: oneOf(ENGINES, options.engine, '--engine'),
    exclude: options.exclude,
    excludeMounts: options.excludeMount,
    confirmedDisks: options.confirmDisk,
    sizes: options.size?.map(readSize),
    targetDirectory: options.targetDirectory,
    imageBytes: options.imageSize === undefined ? undefined : parseSize(options.imageSize, '--image-size'),
    stopServices: options.stopService,
    sourceAfter: oneOf(AFTER, options.sourceAfter, '--source-after'),
    network: options.network?.map(readPlan),
    hostname: options.hostname,
    machineId: options.keepMachineId ? 'keep' : undefined,
    sshHostKeys: options.newHostKeys ? 'new' : undefined,
    takeOverTarget: options.takeOver,
    probes: options.probe?.map(readProbe),
    actions: options.action?.map((file) => readAction(context, file)),
    verify: oneOf(VERIFY_LEVELS, options.verify, '--verify'),
    direct: options.direct === false ? 'never' : undefined,
    compress: oneOf(COMPRESS, options.compress, '--compress'),
    disableGuestTools: options.keepGuestTools ? false : undefined,
    serialConsole: options.serialConsole === false ? false : undefined,
    streams: options.streams === undefined ? undefined : parseWhole(options.streams, '--streams'),
  };
  return Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined));
}

export function readRoundInterval({ roundInterval }: HostOptions): { incrementalIntervalSeconds?: number } {
  return roundInterval === undefined ? {} : { incrementalIntervalSeconds: Math.max(1, Math.round(parseDuration(roundInterval) / 1_000)) };
}

/** "/=20G", "swap=2G". */
function readSize(text: string): { mount: string; sizeBytes: number } {
  const at = text.indexOf('=');
  if (at < 1) throw usage('--size', text, 'MOUNT=SIZE, such as /=20G or swap=2G');
  return { mount: text.slice(0, at), sizeBytes: parseSize(text.slice(at + 1), '--size') };
}

/** "ssh", "tcp:5432", "http:80/health=ok", "mount:/data", "service:nginx"; a time-out follows "@". */
export function readProbe(text: string): Probe {
  const [, kind = '', rest = '', wait] = /^([a-z]+)(?::(.*?))?(?:@([0-9a-z.]+))?$/.exec(text) ?? [];
  const timeout = wait === undefined ? {} : { timeoutMs: parseDuration(wait) };
  if (kind === 'ssh' && rest === '') return { kind, ...timeout };
  if (kind === 'tcp' && /^\d{1,5}$/.test(rest)) return { kind, port: Number(rest), ...timeout };
  if (kind === 'mount' && rest.startsWith('/')) return { kind, mount: rest, ...timeout };
  if (kind === 'service' && rest !== '') return { kind, name: rest, ...timeout };
  const [, port, path, expectText] = /^(\d{1,5})(\/[^=]*)?(?:=(.*))?$/.exec(rest) ?? [];
  if (kind === 'http' && port !== undefined) {
    return { kind, port: Number(port), path: path ?? '/', ...(expectText === undefined ? {} : { expectText }), ...timeout };
  }
  throw usage('--probe', text, 'ssh, tcp:PORT, http:PORT/PATH=TEXT, mount:PATH or service:NAME, with @5m for a time-out');
}

/** "eth0=dhcp", "eth0=keep", "eth0=192.0.2.7/24,gateway=192.0.2.1,dns=192.0.2.53". */
export function readPlan(text: string): Plan {
  const at = text.indexOf('=');
  const [source, plan] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || plan === '') throw usage('--network', text, 'INTERFACE=dhcp, INTERFACE=keep or INTERFACE=ADDRESS/BITS,gateway=…,dns=…');
  if (plan === 'dhcp' || plan === 'keep') return { source, mode: plan };
  const parts = plan.split(',').map((part) => part.trim());
  const named = (name: string) => parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
  const [gateway] = named('gateway');
  const [mac] = named('mac');
  return {
    source,
    mode: 'static',
    addresses: parts.filter((part) => !part.includes('=')),
    ...(gateway === undefined ? {} : { gateway }),
    nameServers: named('dns'),
    ...(mac === undefined ? {} : { mac }),
  };
}

function readAction({ cwd }: CliContext, file: string): NonNullable<HostScope['actions']>[number] {
  const script = readText(resolve(cwd, file), '--action names a script, which is run at the target after it has started.');
  return { name: basename(file, extname(file)), script };
}

function oneOf<T extends string>(members: readonly T[], text: string | undefined, option: string): T | undefined {
  const member = members.find((each) => each === text);
  if (member !== undefined || text === undefined) return member;
  throw new SmartantError('CLI_USAGE', `${option} "${text}" is not known.`, { kind: 'invalid', hint: `Use ${members.join(', ')}.` });
}

function usage(option: string, text: string, form: string): SmartantError {
  return new SmartantError('CLI_USAGE', `${option} "${text}" cannot be read.`, { kind: 'invalid', hint: `Write it as ${form}.` });
}
