import { commonV1 } from '@smartant/contracts';
import { assertGlobs, invalid, required } from '@smartant/runs/adapters';
import type { HealthProbe, HostScope, NetworkPlan, PostAction } from '../../domain/host-scope';
import { layoutFromProto } from './layout-from-proto';

const { HostEngine, SourceAfter, HostVerify, Compress, NetworkPlan_Mode: Mode } = commonV1;

/** Unspecified choices are the safe ones: contents are compared, the source is kept. */
const ENGINES: Partial<Record<commonV1.HostEngine, HostScope['engine']>> = {
  [HostEngine.HOST_ENGINE_UNSPECIFIED]: 'files',
  [HostEngine.HOST_ENGINE_FILES]: 'files',
  [HostEngine.HOST_ENGINE_BLOCKS]: 'blocks',
};
const AFTER: Partial<Record<commonV1.SourceAfter, HostScope['sourceAfter']>> = {
  [SourceAfter.SOURCE_AFTER_UNSPECIFIED]: 'keep',
  [SourceAfter.SOURCE_AFTER_KEEP]: 'keep',
  [SourceAfter.SOURCE_AFTER_NETWORK_OFF]: 'network-off',
  [SourceAfter.SOURCE_AFTER_POWER_OFF]: 'power-off',
};
const LEVELS: Partial<Record<commonV1.HostVerify, HostScope['verify']>> = {
  [HostVerify.HOST_VERIFY_UNSPECIFIED]: 'content',
  [HostVerify.HOST_VERIFY_CONTENT]: 'content',
  [HostVerify.HOST_VERIFY_METADATA]: 'metadata',
};
const COMPRESSION: Partial<Record<commonV1.Compress, HostScope['compress']>> = {
  [Compress.COMPRESS_UNSPECIFIED]: 'auto',
  [Compress.COMPRESS_AUTO]: 'auto',
  [Compress.COMPRESS_ALWAYS]: 'always',
  [Compress.COMPRESS_NEVER]: 'never',
};
const MODES: Partial<Record<commonV1.NetworkPlan_Mode, NetworkPlan['mode']>> = {
  [Mode.MODE_UNSPECIFIED]: 'dhcp',
  [Mode.MODE_DHCP]: 'dhcp',
  [Mode.MODE_KEEP]: 'keep',
  [Mode.MODE_STATIC]: 'static',
};

const MOST_STREAMS = 64;
const at = (name: string): string => `scope.host.${name}`;

/** Raises REQUEST_INVALID, naming the field. */
export function scopeFromProto(scope: commonV1.Scope | undefined): HostScope {
  const host = required(scope?.kind?.$case === 'host' ? scope.kind.value : undefined, 'scope.host');
  assertGlobs(host.exclude, at('exclude'));
  if (host.streams > MOST_STREAMS) throw invalid(at('streams'));
  if (host.imageBytes < 0) throw invalid(at('image_bytes'));
  for (const path of [host.targetDirectory, ...host.excludeMounts]) {
    if (path !== '' && !path.startsWith('/')) throw invalid(at(path === host.targetDirectory ? 'target_directory' : 'exclude_mounts'));
  }
  const { keepMachineId, newSshHostKeys, neverDirect, ...same } = host;
  return {
    ...same,
    engine: required(ENGINES[host.engine], at('engine')),
    layout: host.layout ? layoutFromProto(host.layout, at('layout')) : null,
    sourceAfter: required(AFTER[host.sourceAfter], at('source_after')),
    network: host.network.map(networkFromProto),
    machineId: keepMachineId ? 'keep' : 'new',
    sshHostKeys: newSshHostKeys ? 'new' : 'keep',
    actions: host.actions.map(actionFromProto),
    probes: host.probes.map(probeFromProto),
    verify: required(LEVELS[host.verify], at('verify')),
    compress: required(COMPRESSION[host.compress], at('compress')),
    direct: neverDirect ? 'never' : 'auto',
  };
}

function networkFromProto(plan: commonV1.NetworkPlan, index: number): NetworkPlan {
  if (plan.source === '') throw invalid(at(`network.${index}.source`));
  return { ...plan, mode: required(MODES[plan.mode], at(`network.${index}.mode`)) };
}

function actionFromProto(action: commonV1.PostAction, index: number): PostAction {
  if (action.name === '' || action.script === '' || action.timeoutMs < 1) throw invalid(at(`actions.${index}`));
  return action;
}

function probeFromProto({ kind, timeoutMs }: commonV1.HealthProbe, index: number): HealthProbe {
  if (timeoutMs < 1) throw invalid(at(`probes.${index}.timeout_ms`));
  switch (kind?.$case) {
    case 'ssh':
      return { kind: 'ssh', timeoutMs };
    case 'tcp':
      return { kind: 'tcp', ...kind.value, timeoutMs };
    case 'http':
      return { kind: 'http', ...kind.value, timeoutMs };
    case 'mount':
      return { kind: 'mount', ...kind.value, timeoutMs };
    case 'service':
      return { kind: 'service', ...kind.value, timeoutMs };
    default:
      throw invalid(at(`probes.${index}`));
  }
}
