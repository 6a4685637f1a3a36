import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { helmBinary } from '../../tools/deploy/render-chart';

const folder = join(process.env['SMARTANT_CACHE'] ?? join(homedir(), '.cache', 'smartant'), 'mesh');

export type MeshProgram = 'istioctl' | 'pilot-discovery' | 'kube-apiserver' | 'etcd' | 'envoy';

/** Everything that requests go through. */
export const DATA_PATH: MeshProgram[] = ['etcd', 'kube-apiserver', 'pilot-discovery', 'envoy'];

/** Where `npm run provision -- mesh` puts it. */
export const meshProgram = (name: MeshProgram | 'istio-crds.yaml'): string => join(folder, name);

/** Null when helm and these programs are there; else what is missing, and how it is brought. */
export function whyNoMesh(...programs: MeshProgram[]): string | null {
  const missing = programs.filter((name) => !isThere(meshProgram(name)));
  if (missing.length > 0) return `${missing.join(', ')} missing: npm run provision -- mesh`;
  return helmBinary() === null ? 'helm is not installed: npm run provision -- helm' : null;
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
