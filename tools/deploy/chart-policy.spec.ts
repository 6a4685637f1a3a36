import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { PROFILES } from './chart-profiles';
import { kubernetesVersions, ManifestSchemas } from './manifest-schemas';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const ROOT = join(__dirname, '..', '..');
const helm = helmBinary();
const versions = kubernetesVersions();

interface Pod {
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: object };
  automountServiceAccountToken?: boolean;
  containers: {
    name: string;
    image: string;
    securityContext?: {
      allowPrivilegeEscalation?: boolean;
      readOnlyRootFilesystem?: boolean;
      capabilities?: { drop: string[] };
      runAsUser?: number;
    };
    livenessProbe?: object;
    readinessProbe?: object;
    resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  }[];
}

describeIf(helm ? null : 'helm is not installed', 'manifests of the chart', () => {
  let chart: ChartCopy;
  const rendered = new Map<string, Manifest[]>();
  beforeAll(() => {
    chart = new ChartCopy(helm!);
    for (const [name, files, values] of PROFILES) rendered.set(name, chart.render(values, files));
  });
  afterAll(() => chart.remove());

  const of = (profile: string, kind: string) => rendered.get(profile)!.filter((manifest) => manifest.kind === kind);

  describeIf(
    versions.length > 0 ? null : 'their schemas are not there: npm run provision -- kubernetes-schemas',
    'by the schemas of Kubernetes',
    () => {
      it.each(versions)('are in order for %s, in every profile', (version) => {
        const schemas = new ManifestSchemas(version);
        const problems = PROFILES.flatMap(([profile]) =>
          rendered.get(profile)!.flatMap((manifest) => schemas.problems(manifest).map((problem) => `${profile}: ${problem}`)),
        );
        expect(problems).toEqual([]);
      });

      it('would be found out of order', () => {
        const schemas = new ManifestSchemas(versions.at(-1)!);
        const first = (kind: string, profile = 'as it comes') =>
          structuredClone(of(profile, kind)[0]!) as never as Record<string, Record<string, unknown>>;
        const spoilt: Record<string, Record<string, unknown>>[] = [first('Deployment'), first('VirtualService'), first('DestinationRule')];
        spoilt[0]!['spec']!['replicaCount'] = 2;
        spoilt[1]!['spec']!['http'] = 'all';
        (spoilt[2]!['spec']!['trafficPolicy'] as Record<string, unknown>)['outlier_detection'] = {};
        const policy = first('ServicePolicy', 'prod on KubeSphere');
        const template = policy['spec']!['template'] as { spec: Record<string, unknown> };
        template.spec['trafficPolicy'] = {};
        for (const manifest of [...spoilt, policy]) expect(schemas.problems(manifest as never)).not.toEqual([]);
      });
    },
  );

  const profiles = PROFILES.map(([name]) => name);

  it.each(profiles)('let no container run as root, write where it should not, or go without probes and limits (%s)', (profile) => {
    for (const deployment of of(profile, 'Deployment')) {
      const pod = (deployment.spec as unknown as { template: { spec: Pod } }).template.spec;
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of pod.containers) {
        const { securityContext = {} } = container;
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        // 1337 is the sidecar's: its traffic passes the mesh by.
        expect([0, 1337]).not.toContain(securityContext.runAsUser ?? pod.securityContext?.runAsUser);
        expect(container.livenessProbe).toBeDefined();
        expect(container.readinessProbe).toBeDefined();
        expect(container.resources?.requests).toMatchObject({ cpu: expect.any(String) as string, memory: expect.any(String) as string });
        expect(container.resources?.limits).toMatchObject({ memory: expect.any(String) as string });
        expect(container.image).not.toMatch(/:latest$/);
        expect(container.image).toMatch(/[:@]/);
      }
    }
  });

  it.each(profiles)('give each Deployment a budget of disruptions and a service account that reads nothing by default (%s)', (profile) => {
    const budgets = of(profile, 'PodDisruptionBudget').map(({ metadata }) => metadata.name);
    const accounts = of(profile, 'ServiceAccount').map(({ metadata }) => metadata.name);
    for (const { metadata, spec } of of(profile, 'Deployment')) {
      const { labels } = (spec as unknown as { template: { metadata: { labels: Record<string, string> } } }).template.metadata;
      expect(budgets).toContain(labels['app']);
      expect(accounts).toContain(labels['app']);
      // The controller's keys are written to Kubernetes: the only one that may.
      const pod = (spec as unknown as { template: { spec: Pod } }).template.spec;
      expect([metadata.name, pod.automountServiceAccountToken]).toEqual([
        metadata.name,
        metadata.name === 'gateway-keys' ? undefined : false,
      ]);
    }
  });

  it.each(profiles)('spread the pods of each Deployment over nodes (%s)', (profile) => {
    for (const { metadata, spec } of of(profile, 'Deployment')) {
      const { template } = spec as unknown as {
        template: { metadata: { labels: object }; spec: { topologySpreadConstraints?: Spread[] } };
      };
      const [spread] = template.spec.topologySpreadConstraints ?? [];
      expect([metadata.name, spread?.topologyKey]).toEqual([metadata.name, 'kubernetes.io/hostname']);
      expect(template.metadata.labels).toMatchObject(spread!.labelSelector.matchLabels);
    }
  });

  it.each(profiles)('are sent to by Kong’s Ingress Controller as Istio routes: to the Service, by its name (%s)', (profile) => {
    for (const { metadata, spec } of of(profile, 'Service')) {
      // Alerts don't come by Kong.
      if ((spec as unknown as { selector: { app: string } }).selector.app === 'kong' || metadata.name === 'notifier-intake') continue;
      expect(metadata.annotations).toMatchObject({
        'ingress.kubernetes.io/service-upstream': 'true',
        'konghq.com/host-header': `${metadata.name}.prod.svc`,
      });
    }
  });

  it.each(profiles)('ask of a role nothing that stands for everything (%s)', (profile) => {
    for (const role of [...of(profile, 'Role'), ...of(profile, 'ClusterRole')]) expect(JSON.stringify(role)).not.toContain('"*"');
  });

  it.each(profiles)('keep pods from one another and from the world unless it is allowed (%s)', (profile) => {
    const policies = of(profile, 'NetworkPolicy');
    expect(policies.find(({ metadata }) => metadata.name === 'smartant-nothing')?.spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(JSON.stringify(policies)).toContain('169.254.0.0/16');
    // A peer that says nothing is refused by Kubernetes, though its schema lets it through.
    expect(JSON.stringify(policies)).not.toMatch(/"(from|to)":\[\{\}/);
  });

  it.each(profiles)('leave no Service without policies: who comes to its pods is said to the network and to the mesh (%s)', (profile) => {
    interface Selecting {
      spec: { podSelector?: { matchLabels: object }; selector?: { matchLabels: object }; ingress?: object[] };
    }
    const selecting = (kind: string, pod: Record<string, string>) =>
      (of(profile, kind) as unknown as (Selecting & Manifest)[]).filter(({ spec }) => {
        const labels = Object.entries((spec.podSelector ?? spec.selector)?.matchLabels ?? {});
        return labels.length > 0 && labels.every(([name, value]) => pod[name] === value);
      });
    const pods = of(profile, 'Deployment').map(({ spec }) => (spec as unknown as { template: Manifest }).template.metadata.labels!);
    const services = of(profile, 'Service') as unknown as { metadata: { name: string }; spec: { selector: Record<string, string> } }[];
    const covered = services.map(({ metadata, spec }) => {
      const behind = pods.filter((labels) => Object.entries(spec.selector).every(([name, value]) => labels[name] === value));
      expect([metadata.name, behind.length > 0]).toEqual([metadata.name, true]);
      for (const labels of behind) {
        const network = selecting('NetworkPolicy', labels);
        expect(network.map((one) => one.metadata.name)).toContain('smartant-nothing');
        expect([metadata.name, network.some((one) => one.spec.ingress)]).toEqual([metadata.name, true]);
        const mesh = selecting('AuthorizationPolicy', labels)
          .map((one) => one.metadata.name)
          .filter((name) => name !== 'notifier-intake');
        // What comes to Kong passes by its sidecar, so nothing of the mesh would be asked there.
        const passesBy = selecting('PeerAuthentication', labels).some((one) => JSON.stringify(one.spec).includes('DISABLE'));
        expect([metadata.name, mesh, passesBy]).toEqual([
          metadata.name,
          labels['app'] === 'kong' ? [] : [labels['app']],
          labels['app'] === 'kong',
        ]);
      }
      return metadata.name;
    });
    expect(covered).toEqual(expect.arrayContaining(['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator', 'notifier']));
    // Pods without a Service have them, too.
    for (const labels of pods) expect(selecting('NetworkPolicy', labels).length).toBeGreaterThan(1);
  });

  it.each(profiles)('say of every Service that is called how circuits break (%s)', (profile) => {
    const hosts = new Set([
      ...of(profile, 'DestinationRule').map(({ spec }) => (spec as unknown as { host: string }).host),
      ...of(profile, 'ServicePolicy').map(({ spec }) => (spec as unknown as { template: { spec: { host: string } } }).template.spec.host),
    ]);
    const routed = of(profile, 'VirtualService').flatMap(({ spec }) => {
      const { hosts: names, http } = spec as unknown as VirtualService['spec'];
      return names.map((name) => [name, http.flatMap(({ route }) => route.map(({ destination }) => destination.host))] as const);
    });
    for (const { metadata, spec } of of(profile, 'Service')) {
      const { ports, selector } = spec as unknown as { ports: { name: string }[]; selector: { app: string } };
      if (selector.app === 'kong' || ports.every(({ name }) => name === 'http-admin')) continue;
      const destinations = routed.find(([name]) => name === metadata.name)?.[1] ?? [metadata.name];
      for (const destination of destinations) expect(hosts).toContain(destination);
    }
  });

  const rpcs = (JSON.parse(readFileSync(join(ROOT, 'istio', 'files', 'rpc-policies.json'), 'utf8')) as { rpcs: Rpc[] }).rpcs;
  const servers = (rpc: Rpc) => {
    if (rpc.path.includes('.notification.')) return ['notifier'];
    return rpc.path.includes('.migrator.') ? ['storage-migrator', 'db-migrator', 'host-migrator'] : ['scheduler'];
  };

  it.each(profiles)('let each RPC be called by exactly those that its policy names, on the port of gRPC alone (%s)', (profile) => {
    const policies = of(profile, 'AuthorizationPolicy') as unknown as AuthorizationPolicy[];
    const edges = PROFILES.find(([name]) => name === profile)![2].join(' ');
    const internal = /istio\.internalClients=\{([^}]+)\}/.exec(edges)?.[1]?.split(',') ?? ['internal-client'];
    const principal = (account: string) =>
      `cluster.local/ns/${account.includes('/') ? account.replace('/', '/sa/') : `prod/sa/${account}`}`;
    for (const rpc of rpcs) {
      for (const { metadata, spec } of policies) {
        const matching = (spec.rules ?? []).filter(({ to }) => to.some(({ operation }) => operation.paths?.includes(rpc.path)));
        expect([rpc.path, metadata.name, matching.length]).toEqual([rpc.path, metadata.name, servers(rpc).includes(metadata.name) ? 1 : 0]);
        const callers = rpc.callers.flatMap((caller) => (caller === 'internal-client' ? internal : [caller]));
        for (const { from } of matching) expect(from!.flatMap(({ source }) => source.principals)).toEqual(callers.map(principal));
      }
    }
    // And no rule is there for an RPC that is not. The intake of alerts is no RPC.
    const known = new Set([...rpcs.map(({ path }) => path), '/metrics', '/livez', '/readyz']);
    const ofRpcs = policies.filter(({ metadata }) => metadata.name !== 'notifier-intake');
    const allowed = ofRpcs.flatMap(({ spec }) =>
      (spec.rules ?? []).flatMap(({ to }) => to.flatMap(({ operation }) => operation.paths ?? [])),
    );
    expect(allowed.filter((path) => !known.has(path))).toEqual([]);
    // Whatever no rule names is refused.
    expect(policies.find(({ metadata }) => metadata.name === 'smartant-nothing')!.spec).toEqual({});
  });

  it('decide for each RPC, in every version’s route, how long it may take and who repeats it', () => {
    const services = of('with a canary and a gRPC edge', 'VirtualService') as unknown as VirtualService[];
    for (const rpc of rpcs) {
      for (const server of servers(rpc)) {
        const { http } = services.find(({ metadata }) => metadata.name === server)!.spec;
        const routes = http.filter(({ match }) => match?.some(({ uri }) => uri?.exact === rpc.path));
        expect(routes).toHaveLength(server === 'storage-migrator' ? 2 : 1);
        for (const route of routes) {
          expect(route.timeout).toBe(rpc.deadlineMs === 0 ? undefined : `${rpc.deadlineMs + 2000}ms`);
          expect(route.retries.attempts).toBe(rpc.retryOwner === 'mesh' ? 3 : 0);
        }
      }
    }
    for (const route of services.flatMap(({ spec }) => spec.http)) {
      // Nothing is left to Istio's own retries.
      expect(route.retries.attempts).toBeDefined();
      // Istio refuses a limit of nothing, and the whole resource with it: no limit is no field.
      expect(route.timeout ?? '1s').not.toMatch(/^0/);
    }
  });

  it('send a canary its share, and everything of a header or a workspace', () => {
    const services = of('with a canary and a gRPC edge', 'VirtualService') as unknown as VirtualService[];
    const { http } = services.find(({ metadata }) => metadata.name === 'storage-migrator')!.spec;
    for (const { match = [], route } of http) {
      const isSteered = match.some(({ headers }) => headers !== undefined);
      expect(route.map(({ destination, weight }) => [destination.subset, weight])).toEqual(
        isSteered
          ? [['v2', undefined]]
          : [
              ['v1', 90],
              ['v2', 10],
            ],
      );
    }
    expect(() => chart.render(['istio.canaries.scheduler[0].version=v2', 'istio.canaries.scheduler[0].weight=101'])).toThrow(
      /more than 100/,
    );
  });
});

interface Spread {
  topologyKey: string;
  labelSelector: { matchLabels: object };
}

interface Rpc {
  path: string;
  callers: string[];
  deadlineMs: number;
  retryOwner: string;
}

interface AuthorizationPolicy {
  metadata: { name: string };
  spec: { rules?: { from?: { source: { principals?: string[] } }[]; to: { operation: { paths?: string[] } }[] }[] };
}

interface VirtualService {
  metadata: { name: string };
  spec: {
    hosts: string[];
    http: {
      match?: { uri?: { exact?: string }; headers?: object }[];
      route: { destination: { host: string; subset: string }; weight?: number }[];
      timeout?: string;
      retries: { attempts: number };
    }[];
  };
}
