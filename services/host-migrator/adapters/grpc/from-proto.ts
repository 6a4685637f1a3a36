import type { HostLocation, ImageFormat, SshLocation } from '@smartant/connectors';
import { commonV1, type migratorV1 } from '@smartant/contracts';
import { invalid, orderCommonsFromProto, required, wayFromProto } from '@smartant/runs/adapters';
import type { Endpoint, RunOrder } from '../../domain/run';
import { RUN_PHASES } from '../../domain/stages';
import { scopeFromProto } from './scope-from-proto';

const { Become, ImageFormat: Format } = commonV1;

const BECOMES: Partial<Record<commonV1.Become, SshLocation['become']>> = {
  [Become.BECOME_UNSPECIFIED]: 'none',
  [Become.BECOME_NONE]: 'none',
  [Become.BECOME_SUDO]: 'sudo',
};
const FORMATS: Partial<Record<commonV1.ImageFormat, ImageFormat>> = {
  [Format.IMAGE_FORMAT_RAW]: 'raw',
  [Format.IMAGE_FORMAT_QCOW2]: 'qcow2',
  [Format.IMAGE_FORMAT_VMDK]: 'vmdk',
};

/** Raises REQUEST_INVALID, naming the field. */
export function endpointFromProto(endpoint: commonV1.Endpoint | undefined, field: string): Endpoint {
  const { id, workspaceId, location } = required(endpoint, field);
  return { id, workspaceId, location: locationFromProto(location, field) };
}

function locationFromProto(location: commonV1.Endpoint['location'], field: string): HostLocation {
  switch (location?.$case) {
    case 'ssh':
      return sshFromProto(location.value, field);
    case 'image':
      return imageFromProto(location.value, field);
    default:
      throw invalid(`${field}.location`);
  }
}

function sshFromProto({ host, port, user, hostKeys, become, via }: commonV1.SshLocation, field: string): SshLocation {
  for (const [name, value] of Object.entries({ host, user })) if (value === '') throw invalid(`${field}.${name}`);
  if (port < 1 || port > 65_535) throw invalid(`${field}.port`);
  const ways = via.map((way, index) => wayFromProto(way, `${field}.via.${index}`));
  return { kind: 'ssh', host, port, user, hostKeys, become: required(BECOMES[become], `${field}.become`), via: ways };
}

function imageFromProto({ rootPath, path, format }: commonV1.ImageLocation, field: string): HostLocation {
  if (!rootPath.startsWith('/')) throw invalid(`${field}.root_path`);
  if (path === '' || path.split('/').some((part) => part === '' || part === '.' || part === '..')) throw invalid(`${field}.path`);
  return { kind: 'image', rootPath, path, format: required(FORMATS[format], `${field}.format`) };
}

/** Raises REQUEST_INVALID, also for a phase that is no run. */
export function orderFromProto(request: migratorV1.StartPhaseRequest): RunOrder {
  return {
    ...orderCommonsFromProto(request, RUN_PHASES),
    source: endpointFromProto(request.source, 'source'),
    target: endpointFromProto(request.target, 'target'),
    scope: scopeFromProto(request.scope),
  };
}
