import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from './control-plane';

const FOLDER = join(__dirname, '..', '..', 'tools', 'deploy', 'schemas');
/** Resources of a whole cluster, as their definitions say. */
export const WHOLE_CLUSTER = ['WorkspaceTemplate', 'WorkspaceRoleBinding'];

interface Kept {
  group: string;
  kind: string;
  version: string;
  schema: Record<string, unknown>;
}

/**
 * Definitions of the resources of KubeSphere, Kong, Prometheus, KEDA, Argo CD and Tekton that are used here, around the schemas that those bring: an
 * API server also evaluates the rules in them. Istio's come with Istio.
 */
export function otherDefinitions(): Resource[] {
  const kept = readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Kept);
  return kept.filter(({ group }) => !group.endsWith('istio.io')).map(definition);
}

function definition({ group, kind, version, schema }: Kept): Resource & { spec: object } {
  const singular = kind.toLowerCase();
  const plural = pluralOf(kind);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Groups of Kubernetes' own domain have to say who has approved them.
      ...{ annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' } },
    },
    spec: {
      group,
      scope: WHOLE_CLUSTER.includes(kind) ? 'Cluster' : 'Namespaced',
      names: { kind, singular, plural, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}

export function pluralOf(kind: string): string {
  return kind.toLowerCase().replace(/y$/, 'ie').replace(/s$/, 'se') + 's';
}
