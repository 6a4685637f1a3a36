import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { parse } from 'yaml';
import { kubernetesVersions, ManifestSchemas } from './manifest-schemas';
import type { Manifest } from './render-chart';

const ROOT = join(__dirname, '..', '..');
const FOLDER = join(ROOT, 'deploy', 'kubesphere', 'strategies');
const { rpcs } = JSON.parse(readFileSync(join(ROOT, 'istio', 'files', 'rpc-policies.json'), 'utf8')) as {
  rpcs: { path: string; idempotent: boolean }[];
};
const { services } = parse(readFileSync(join(ROOT, 'istio', 'values.yaml'), 'utf8')) as {
  services: { name: string; rpcServices: string[]; http?: object }[];
};

interface Destination {
  host: string;
  subset: string;
}
interface Strategy extends Omit<Manifest, 'spec'> {
  spec: {
    type: string;
    selector: { matchLabels: Record<string, string> };
    principal: string;
    governor?: string;
    template: {
      spec: {
        hosts: string[];
        http: {
          match?: object[];
          route: { destination: Destination; weight: number }[];
          mirror?: Destination;
          mirror_percentage?: { value: number };
          retries: object;
        }[];
      };
    };
  };
}
const strategies = readdirSync(FOLDER).map((file): [file: string, strategy: Strategy] => [
  file,
  parse(readFileSync(join(FOLDER, file), 'utf8')) as Strategy,
]);
const ofType = (type: string) => strategies.filter(([, { spec }]) => spec.type === type).map(([, strategy]) => strategy);

describe('examples of what the console makes', () => {
  it('are one of each kind', () => expect(strategies.map(([, { spec }]) => spec.type).sort()).toEqual(['BlueGreen', 'Canary', 'Mirror']));

  it.each(strategies)('%s is of a service as the chart names it, and repeats nothing by itself', (_, { metadata, spec }) => {
    const { hosts, http } = spec.template.spec;
    const [host] = hosts;
    expect(services.map(({ name }) => name)).toContain(host);
    // By these the console finds its Service; a version in them would leave it with the first one.
    const labels = { app: host, 'app.kubernetes.io/name': 'smartant', 'app.kubernetes.io/version': 'v1' };
    expect([metadata.labels, spec.selector.matchLabels]).toEqual([labels, labels]);
    expect(metadata.annotations).toMatchObject({
      'servicemesh.kubesphere.io/oldWorkloadName': `${host}-${spec.principal}`,
      'servicemesh.kubesphere.io/newWorkloadName': `${host}-v2`,
    });
    for (const { match, route, mirror, retries } of http) {
      // What a match says is dropped by the schema of KubeSphere 3.4: everything would be matched.
      expect(match).toBeUndefined();
      expect(retries).toEqual({ attempts: 0 });
      expect(route.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
      for (const destination of [...route.map((one) => one.destination), ...(mirror ? [mirror] : [])]) {
        expect(destination.host).toBe(host);
        expect(['v1', 'v2']).toContain(destination.subset);
      }
    }
  });

  it('mirror nothing but what may be asked twice, and let the first version answer everything', () => {
    for (const { spec } of ofType('Mirror')) {
      const { hosts, http } = spec.template.spec;
      const [service] = services.filter(({ name }) => name === hosts[0]);
      // A REST API is none: a request without a key of its own is done twice.
      expect(service).not.toHaveProperty('http');
      const asked = rpcs.filter(({ path }) => service!.rpcServices.includes(path.split('/')[1]!));
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter(({ idempotent }) => !idempotent)).toEqual([]);
      for (const { route, mirror, mirror_percentage: share } of http) {
        expect(route.map(({ destination }) => destination.subset)).toEqual([spec.principal]);
        expect([mirror!.subset, share!.value]).toEqual(['v2', 10]);
      }
    }
  });

  it('give everything to one version in a blue-green release, and name it', () => {
    for (const { spec } of ofType('BlueGreen')) {
      const subsets = spec.template.spec.http.flatMap(({ route }) => route.map(({ destination }) => destination.subset));
      expect(subsets).toEqual([spec.governor]);
    }
  });

  describeIf(
    kubernetesVersions().length > 0 ? null : 'schemas are not there: npm run provision -- kubernetes-schemas',
    'by the schema of KubeSphere 3.4.1',
    () => {
      it('would be found in camelCase, and with a match by method, which it drops', () => {
        const schemas = new ManifestSchemas(kubernetesVersions().at(-1)!);
        const [mirror] = ofType('Mirror');
        expect(schemas.problems(mirror as never)).toEqual([]);
        const spoilt = (change: object) => {
          const copy = structuredClone(mirror!);
          Object.assign(copy.spec.template.spec.http[0]!, change);
          return schemas.problems(copy as never);
        };
        expect(spoilt({ mirrorPercentage: { value: 10 } })).not.toEqual([]);
        expect(spoilt({ match: [{ method: { exact: 'GET' } }] })).not.toEqual([]);
      });
    },
  );
});
