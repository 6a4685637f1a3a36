import { GenericContainer, Wait } from 'testcontainers';
import type { Manifest } from '../../tools/deploy/render-chart';

interface PodContainer {
  name: string;
  image: string;
  env: { name: string; value?: string }[];
  ports: { name: string; containerPort: number }[];
  volumeMounts: { name: string; mountPath: string }[];
  securityContext: { readOnlyRootFilesystem: boolean; allowPrivilegeEscalation: boolean; capabilities: { drop: string[] } };
}
interface PodSpec {
  securityContext: { runAsUser: number; fsGroup: number };
  containers: PodContainer[];
  volumes: { name: string; emptyDir?: { sizeLimit: string }; secret?: { secretName: string } }[];
}

/** Kong's container as the chart's Deployment has it. */
export interface KongPod {
  image: string;
  environment: Record<string, string>;
  user: string;
  ports: Record<string, number>;
  /** Folders that it may write to, with the options of their mounts. */
  writable: Record<string, string>;
  /** Where the file of which secret stands. */
  secrets: { secret: string; path: string }[];
  readOnly: boolean;
  privilegeEscalation: boolean;
  drop: string[];
}

export const ADMIN_PORT = 8001;

export function kongPod(manifests: readonly Manifest[]): KongPod {
  const deployment = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'kong');
  if (!deployment) throw new Error('the chart renders no Kong');
  const { template } = deployment.spec as unknown as { template: { spec: PodSpec } };
  const { containers, volumes, securityContext } = template.spec;
  const kong = containers.find(({ name }) => name === 'kong')!;
  const mounts = kong.volumeMounts.map(({ name, mountPath }) => ({
    path: mountPath,
    volume: volumes.find((volume) => volume.name === name)!,
  }));
  return {
    image: kong.image,
    environment: Object.fromEntries(kong.env.map(({ name, value }) => [name, plain(name, value)])),
    user: `${securityContext.runAsUser}:${securityContext.fsGroup}`,
    ports: Object.fromEntries(kong.ports.map(({ name, containerPort }) => [name, containerPort])),
    writable: Object.fromEntries(
      mounts.flatMap(({ path, volume }) => (volume.emptyDir ? [[path, emptyDir(volume.emptyDir.sizeLimit, securityContext.fsGroup)]] : [])),
    ),
    secrets: mounts.flatMap(({ path, volume }) => (volume.secret ? [{ secret: volume.secret.secretName, path }] : [])),
    readOnly: kong.securityContext.readOnlyRootFilesystem,
    privilegeEscalation: kong.securityContext.allowPrivilegeEscalation,
    drop: kong.securityContext.capabilities.drop,
  };
}

function plain(name: string, value: string | undefined): string {
  if (value === undefined) throw new Error(`${name} is of a secret: there is none here`);
  return value;
}

/** As Kubernetes hands it over: of root, writable for the group. Kubernetes' "256Mi" is Docker's "256m". */
function emptyDir(sizeLimit: string, group: number): string {
  return `rw,mode=2777,gid=${group},size=${sizeLimit.replace(/i$/, '').toLowerCase()}`;
}

/**
 * Kong as in its pod: same image, settings, user, rights and mounts. One thing differs: its administration listens beyond loopback, because
 * gateway-keys, which shares the pod's network there, runs outside of the container here.
 */
export class KongContainer extends GenericContainer {
  /** `secretFolders`: by the name of the secret. */
  constructor(pod: KongPod, secretFolders: Readonly<Record<string, string>>) {
    super(pod.image);
    this.withUser(pod.user)
      .withEnvironment({ ...pod.environment, KONG_ADMIN_LISTEN: `0.0.0.0:${ADMIN_PORT}` })
      .withExposedPorts(...Object.values(pod.ports), ADMIN_PORT)
      .withTmpFs(pod.writable)
      .withBindMounts(pod.secrets.map(({ secret, path }) => ({ source: secretFolders[secret]!, target: path, mode: 'ro' as const })))
      .withDroppedCapabilities(...pod.drop)
      .withWaitStrategy(Wait.forHttp('/status', pod.ports['http-status']!).forStatusCode(200))
      .withStartupTimeout(90_000);
    if (!pod.privilegeEscalation) this.withSecurityOpt('no-new-privileges');
    this.hostConfig.ReadonlyRootfs = pod.readOnly;
  }

  /** What the engine is asked for. */
  get order(): { create: GenericContainer['createOpts']; host: GenericContainer['hostConfig'] } {
    return { create: this.createOpts, host: this.hostConfig };
  }
}
