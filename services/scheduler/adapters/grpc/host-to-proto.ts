import type { ImageFormat, SshLocation } from '@smartant/connectors';
import { commonV1 } from '@smartant/contracts';
import type { HealthProbe, HostScope, NetworkPlan, SourceAfter } from '../../domain/migration/host-scope';
import { wayToProto } from './network-to-proto';

const { HostEngine, HostVerify, Compress, NetworkPlan_Mode: Mode } = commonV1;

const BECOMES: Record<SshLocation['become'], commonV1.Become> = {
  none: commonV1.Become.BECOME_NONE,
  sudo: commonV1.Become.BECOME_SUDO,
};
const FORMATS: Record<ImageFormat, commonV1.ImageFormat> = {
  raw: commonV1.ImageFormat.IMAGE_FORMAT_RAW,
  qcow2: commonV1.ImageFormat.IMAGE_FORMAT_QCOW2,
  vmdk: commonV1.ImageFormat.IMAGE_FORMAT_VMDK,
};
const ENGINES: Record<HostScope['engine'], commonV1.HostEngine> = {
  files: HostEngine.HOST_ENGINE_FILES,
  blocks: HostEngine.HOST_ENGINE_BLOCKS,
};
const AFTER: Record<SourceAfter, commonV1.SourceAfter> = {
  keep: commonV1.SourceAfter.SOURCE_AFTER_KEEP,
  'network-off': commonV1.SourceAfter.SOURCE_AFTER_NETWORK_OFF,
  'power-off': commonV1.SourceAfter.SOURCE_AFTER_POWER_OFF,
};
const LEVELS: Record<HostScope['verify'], commonV1.HostVerify> = {
  content: HostVerify.HOST_VERIFY_CONTENT,
  metadata: HostVerify.HOST_VERIFY_METADATA,
};
const COMPRESSION: Record<HostScope['compress'], commonV1.Compress> = {
  auto: Compress.COMPRESS_AUTO,
  always: Compress.COMPRESS_ALWAYS,
  never: Compress.COMPRESS_NEVER,
};
const MODES: Record<NetworkPlan['mode'], commonV1.NetworkPlan_Mode> = {
  dhcp: Mode.MODE_DHCP,
  keep: Mode.MODE_KEEP,
  static: Mode.MODE_STATIC,
};

export function sshToProto({ host, port, user, hostKeys, become, via = [] }: SshLocation): commonV1.SshLocation {
  return { host, port, user, hostKeys, become: BECOMES[become], via: via.map(wayToProto) };
}

export function imageToProto(image: { rootPath: string; path: string; format: ImageFormat }): commonV1.ImageLocation {
  return { rootPath: image.rootPath, path: image.path, format: FORMATS[image.format] };
}

export function hostScopeToProto({ machineId, sshHostKeys, direct, ...scope }: HostScope): commonV1.HostScope {
  return {
    ...scope,
    engine: ENGINES[scope.engine],
    layout: scope.layout ?? undefined,
    sourceAfter: AFTER[scope.sourceAfter],
    network: scope.network.map((plan) => ({ ...plan, mode: MODES[plan.mode] })),
    keepMachineId: machineId === 'keep',
    newSshHostKeys: sshHostKeys === 'new',
    neverDirect: direct === 'never',
    probes: scope.probes.map(probeToProto),
    verify: LEVELS[scope.verify],
    compress: COMPRESSION[scope.compress],
  };
}

function probeToProto({ timeoutMs, ...probe }: HealthProbe): commonV1.HealthProbe {
  switch (probe.kind) {
    case 'ssh':
      return { kind: { $case: 'ssh', value: {} }, timeoutMs };
    case 'tcp':
      return { kind: { $case: 'tcp', value: { port: probe.port } }, timeoutMs };
    case 'http': {
      const { port, path, expectStatus, expectText } = probe;
      return { kind: { $case: 'http', value: { port, path, expectStatus, expectText } }, timeoutMs };
    }
    case 'mount':
      return { kind: { $case: 'mount', value: { mount: probe.mount } }, timeoutMs };
    case 'service':
      return { kind: { $case: 'service', value: { name: probe.name } }, timeoutMs };
  }
}
