import { globProblem, type FieldError } from '@smartant/kernel';
import { isIP } from 'node:net';
import { fieldChecks, isCount, repeated } from './field-checks';
import type { HealthProbe, HostScope, NetworkPlan, PostAction } from './host-scope';

const MAX_ENTRIES = 1_000;
const MAX_ACTIONS = 32;
const MAX_SCRIPT_BYTES = 65_536;
const MAX_STREAMS = 64;
const DAY_MS = 86_400_000;
const { check, problem } = fieldChecks('spec.host');

/** What is wrong in the scope of a host. What only the machines can tell (disks, mounts, services that are not there), the precheck finds. */
export function hostScopeErrors(scope: HostScope): FieldError[] {
  const { exclude, excludeMounts, confirmedDisks, stopServices, sizes, targetDirectory } = scope;
  return [
    ...globErrors(exclude),
    ...pathErrors(excludeMounts, 'excludeMounts'),
    ...listErrors(confirmedDisks, 'confirmedDisks', (disk) => /^[\x21-\x7e]{1,128}$/.test(disk), 'expected a serial or a path'),
    ...listErrors(stopServices, 'stopServices', isUnitName, 'expected the name of a service'),
    ...listErrors(
      sizes,
      'sizes',
      ({ mount, sizeBytes }) => (mount === 'swap' || isPath(mount)) && isCount(sizeBytes),
      'expected a mount point or "swap" with a size',
    ),
    ...check(
      targetDirectory === '' || (isPath(targetDirectory) && !targetDirectory.endsWith('/') && !targetDirectory.includes('//')),
      'targetDirectory',
      'expected an absolute directory other than "/"',
    ),
    ...check(targetDirectory === '' || scope.layout === null, 'layout', 'must be left out with targetDirectory: nothing is partitioned'),
    ...check(targetDirectory === '' || scope.engine === 'files', 'engine', 'must be "files" with targetDirectory'),
    ...(targetDirectory === '' ? [] : ignoredErrors(scope)),
    ...check(isCount(scope.imageBytes), 'imageBytes', 'expected 0 or more'),
    ...check(scope.hostname === '' || isHostName(scope.hostname), 'hostname', 'expected a host name'),
    ...check(isCount(scope.streams, MAX_STREAMS), 'streams', `expected 0 to ${MAX_STREAMS}`),
    ...check(isCount(scope.quarantineCap, 1_000_000), 'quarantineCap', 'expected 0 to 1000000'),
    ...listErrors(scope.network, 'network', isPlan, 'expected an interface; static ones with addresses such as 192.0.2.7/24'),
    ...repeated(scope.network.map(({ source }) => source)).map((index) => problem(`network.${index}.source`, 'has a plan already')),
    ...check(scope.actions.length <= MAX_ACTIONS, 'actions', `expected at most ${MAX_ACTIONS}`),
    ...listErrors(scope.actions, 'actions', isAction, 'expected a name, a script of at most 64 KiB and a time-out of at most a day'),
    ...repeated(scope.actions.map(({ name }) => name)).map((index) => problem(`actions.${index}.name`, 'is used already')),
    ...listErrors(scope.probes, 'probes', isProbe, 'expected a port, path, mount point or service, and a time-out of at most a day'),
  ];
}

/** Into a directory nothing is started and nothing is changed: what asks for that would be passed over in silence. */
function ignoredErrors({ probes, actions, network, hostname, sizes, takeOverTarget }: HostScope): FieldError[] {
  const message = 'must be left out with targetDirectory: nothing is started or changed there';
  return [
    ...Object.entries({ probes, actions, network, sizes }).flatMap(([field, values]) => check(values.length === 0, field, message)),
    ...check(hostname === '', 'hostname', message),
    ...check(!takeOverTarget, 'takeOverTarget', message),
  ];
}

function globErrors(globs: string[]): FieldError[] {
  return [
    ...check(globs.length <= MAX_ENTRIES, 'exclude', `expected at most ${MAX_ENTRIES} globs`),
    ...globs.flatMap((glob, index) => {
      const wrong = globProblem(glob) ?? (glob.startsWith('/') ? undefined : 'must be absolute: begin with "/"');
      return wrong === undefined ? [] : [problem(`exclude.${index}`, wrong)];
    }),
  ];
}

function pathErrors(paths: string[], field: string): FieldError[] {
  return listErrors(paths, field, isPath, 'expected an absolute path');
}

function listErrors<T>(values: T[], field: string, isRight: (value: T) => boolean, message: string): FieldError[] {
  return [
    ...check(values.length <= MAX_ENTRIES, field, `expected at most ${MAX_ENTRIES} entries`),
    ...values.flatMap((value, index) => check(isRight(value), `${field}.${index}`, message)),
  ];
}

function isPlan({ source, mode, addresses, gateway, nameServers, mac }: NetworkPlan): boolean {
  const given = mode === 'static';
  const isAddress = (address: string): boolean => {
    const [ip = '', bits = ''] = address.split('/');
    return isIP(ip) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(ip) === 4 ? 32 : 128);
  };
  return (
    /^[^\s/]{1,15}$/.test(source) &&
    (given ? addresses.length > 0 : addresses.length === 0) &&
    addresses.every(isAddress) &&
    (gateway === '' || isIP(gateway) !== 0) &&
    nameServers.every((server) => isIP(server) !== 0) &&
    (mac === '' || /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac))
  );
}

function isAction({ name, script, timeoutMs }: PostAction): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/.test(name) && isText(script, MAX_SCRIPT_BYTES) && isTimeout(timeoutMs);
}

function isProbe(probe: HealthProbe): boolean {
  if (!isTimeout(probe.timeoutMs)) return false;
  switch (probe.kind) {
    case 'ssh':
      return true;
    case 'tcp':
      return isPort(probe.port);
    case 'http':
      return isPort(probe.port) && /^\/[\x21-\x7e]*$/.test(probe.path) && isCount(probe.expectStatus, 599) && probe.expectStatus >= 100;
    case 'mount':
      return isPath(probe.mount);
    case 'service':
      return isUnitName(probe.name);
  }
}

/** https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html: what names of units are made of. */
function isUnitName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,254}$/.test(name);
}

function isHostName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));
}

function isPath(path: string): boolean {
  return path.startsWith('/') && isText(path, 4_096) && path.split('/').every((part) => part !== '.' && part !== '..');
}

function isText(text: string, mostBytes: number): boolean {
  return text.trim() !== '' && text.isWellFormed() && !text.includes('\0') && Buffer.byteLength(text) <= mostBytes;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function isTimeout(timeoutMs: number): boolean {
  return isCount(timeoutMs, DAY_MS) && timeoutMs >= 1;
}
