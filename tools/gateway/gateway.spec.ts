import openapi from '@smartant/contracts/openapi.json';
import { describeIf } from '@smartant/test-servers';
import { parse } from 'yaml';
import { ChartCopy, helmBinary, type Manifest } from '../deploy/render-chart';
import { routeOf, type KongRoute } from './fixtures/kong-router';
import { kongProblems } from './kong-schema';

const helm = helmBinary();
const ALL = [
  'gateway.grpc.enabled=true',
  'istio.internalClients={internal-client,kong}',
  'gateway.host=api.example.com',
  'gateway.limits.redis.host=redis',
  'gateway.limits.redis.passwordSecret=redis',
  'gateway.access.deny={203.0.113.0/24}',
  'gateway.access.allow={198.51.100.0/24,192.0.2.7}',
  'gateway.access.admin={10.0.0.0/8}',
  'gateway.cors.origins={https://console.example.com}',
  'gateway.telemetry.endpoint=http://otel-collector:4318/v1/traces',
  'gateway.machines.keysSecret=machines',
  'gateway.machines.consumers[0].name=billing',
  'gateway.machines.consumers[0].groups={grpc}',
  'gateway.machines.consumers[0].minute=60',
];

type KongFile = {
  routes: KongRoute[];
  plugins: { name: string; config: Record<string, never> }[];
  services: object[];
  consumers: object[];
};

/** Against the fields of Kong 3.9.3 and its rules of routing; Kong itself is not run here. */
describeIf(helm ? null : 'helm is not installed', 'the gateway', () => {
  let chart: ChartCopy;
  beforeAll(() => {
    chart = new ChartCopy(helm!);
  });
  afterAll(() => chart.remove());

  const kongFile = (values: readonly string[] = []): KongFile => {
    const config = chart.render(values).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'kong-config');
    return parse(config?.data?.['kong.yaml'] ?? '') as KongFile;
  };

  it.each([
    ['as it comes', []],
    ['with everything', ALL],
    ['in maintenance', ['gateway.maintenance.enabled=true']],
  ])('is what Kong accepts, %s', (_, values) => {
    expect(kongProblems(kongFile(values) as never)).toEqual([]);
  });

  it.each<[string, (file: KongFile) => void]>([
    ['a misspelt field', (file) => Object.assign(file.routes[0]!, { strip_paths: false })],
    ['an unknown plugin', (file) => file.plugins.push({ name: 'oidc', config: {} })],
    ['a policy that needs a database', (file) => Object.assign(pluginOf(file.routes[0]!, 'rate-limiting')!, { policy: 'cluster' })],
    ['a service that is not there', (file) => Object.assign(file.routes[0]!, { service: 'schedular' })],
    ['a sign-in plugin for a consumer', (file) => Object.assign(file.consumers[0]!, { plugins: [{ name: 'jwt', config: {} }] })],
    ['a YAML boolean for a text', (file) => Object.assign(pluginOf(file.routes[0]!, 'rate-limiting')!, { error_message: false })],
    ['two routes of one name', (file) => file.routes.push({ ...file.routes[0]! })],
  ])('is checked for %s', (_, spoil) => {
    const file = kongFile();
    spoil(file);
    expect(kongProblems(file as never)).toHaveLength(1);
  });

  const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { security?: object[] }>)
      .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(([method, { security }]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{[^}]+\}/g, 'any-one'),
        isPublic: security?.length === 0,
      })),
  );

  it('asks for a token for exactly those operations of the API that need one', () => {
    const { routes } = kongFile();
    const told = operations.map(({ method, path }) => {
      const route = routeOf(routes, method, path);
      return { operation: `${method} ${path}`, route: route === null ? null : pluginOf(route, 'jwt') ? 'token' : 'open' };
    });
    expect(told).toEqual(
      operations.map(({ method, path, isPublic }) => ({ operation: `${method} ${path}`, route: isPublic ? 'open' : 'token' })),
    );
  });

  // Who may ask what, at the edge.
  it.each([
    ['GET', '/docs/', 'open', false],
    ['GET', '/openapi.json', 'open', false],
    ['GET', '/.well-known/jwks.json', 'open', false],
    ['GET', '/console/migrations/mig_1', 'open', false],
    ['POST', '/v1/auth/token', 'sign-in', false],
    ['DELETE', '/v1/auth/browser-session', 'browser-session', false],
    ['POST', '/v1/auth/browser-session/renewal', 'browser-session', false],
    ['GET', '/v1/auth/browser-session', 'api', true],
    ['POST', '/v1/auth/token/', 'api', true],
    ['POST', '/v1/auth/tokens', 'api', true],
    ['DELETE', '/v1/auth/token', 'api', true],
    ['POST', '/v1/version', 'api', true],
    ['GET', '/v1/workspaces/default/migrations/mig_1/watch', 'events', true],
    ['GET', '/v1/workspaces/default/migrations/mig_1/watch/', 'api', true],
    ['GET', '/v1/admin/users', 'admin', true],
    ['GET', '/v1/administration', 'api', true],
    ['GET', '/metrics', null, null],
    ['GET', '/livez', null, null],
    ['GET', '/config', null, null],
    ['GET', '/v2/anything', null, null],
    ['GET', '/.well-known/jwksXjson', null, null],
    ['POST', '/smartant.migration.v1.MigrationService/GetMigration', null, null],
  ])('takes %s %s by the route %s', (method, path, name, token) => {
    const route = routeOf(kongFile().routes, method, path);
    expect(route?.name ?? null).toBe(name);
    if (route) expect(pluginOf(route, 'jwt') !== undefined).toBe(token);
  });

  it('lets only machines of its group call gRPC, by a key that goes no further and stands in no URL', () => {
    const grpc = kongFile(ALL).routes.find(({ name }) => name === 'grpc')!;
    expect(grpc).toMatchObject({ protocols: ['grpcs'], paths: ['/smartant.migration.v1.MigrationService/'] });
    expect(pluginOf(grpc, 'key-auth')).toMatchObject({ hide_credentials: true, key_in_query: false, key_in_body: false });
    expect(pluginOf(grpc, 'acl')).toMatchObject({ allow: ['grpc'] });
  });

  it('takes no token from a URL or a cookie, and believes no identity that is stated from outside', () => {
    const { routes, plugins } = kongFile();
    for (const route of routes) {
      const jwt = pluginOf(route, 'jwt');
      if (jwt) expect(jwt).toMatchObject({ uri_param_names: [], cookie_names: [], claims_to_verify: ['exp'], key_claim_name: 'kid' });
    }
    const removed = plugins.find(({ name }) => name === 'request-transformer')!.config as { remove?: { headers: string[] } };
    // Those by which Kong itself tells a service who came (kong/constants.lua).
    const told = [
      'Consumer-Id',
      'Consumer-Custom-Id',
      'Consumer-Username',
      'Consumer-Groups',
      'Credential-Identifier',
      'Authenticated-Groups',
    ];
    expect(removed.remove?.headers).toEqual(
      expect.arrayContaining(['X-Forwarded-Client-Cert', 'X-Anonymous-Consumer', ...told.map((name) => `X-${name}`)]),
    );
  });

  it('denies an address administration too, since a plugin of the route takes the place of the one for all', () => {
    const { routes } = kongFile(['gateway.access.admin={10.0.0.0/8}', 'gateway.access.deny={10.1.2.3}']);
    const restriction = pluginOf(
      routes.find(({ name }) => name === 'admin')!,
      'ip-restriction',
    );
    expect(restriction).toMatchObject({ allow: ['10.0.0.0/8'], deny: ['10.1.2.3'] });
  });

  it('shows the certificate that it is given, and lets Kong read no other secret', () => {
    const certificate = 'gateway.certificateSecret=edge-tls';
    const { template } = chart.render([certificate]).find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'kong')!
      .spec as unknown as {
      template: { spec: { containers: { name: string; env: object[]; volumeMounts: object[] }[]; volumes: object[] } };
    };
    const kong = template.spec.containers.find(({ name }) => name === 'kong')!;
    expect(kong.env).toContainEqual({ name: 'KONG_SSL_CERT', value: '/certificate/tls.crt' });
    expect(kong.volumeMounts).toContainEqual({ name: 'certificate', mountPath: '/certificate', readOnly: true });
    expect(template.spec.volumes).toContainEqual({ name: 'certificate', secret: { secretName: 'edge-tls', defaultMode: 0o440 } });
    const ingresses = chart.render([certificate, ...ALL, 'gateway.mode=controller']).filter(({ kind }) => kind === 'Ingress');
    const hosts = ingresses.map(({ spec }) => (spec as unknown as { tls: object[] }).tls);
    expect(new Set(hosts.map((tls) => JSON.stringify(tls)))).toEqual(
      new Set(['api.example.com', 'grpc.smartant.internal'].map((host) => JSON.stringify([{ secretName: 'edge-tls', hosts: [host] }]))),
    );
  });

  it('passes events on as they come, and repeats no request', () => {
    const file = kongFile();
    expect(file.routes.find(({ name }) => name === 'events')).toMatchObject({ response_buffering: false, service: 'scheduler-events' });
    for (const service of file.services) expect(service).toMatchObject({ retries: 0 });
  });

  it('says the same to the Ingress Controller as in the declarative file', () => {
    const manifests = chart.render([...ALL, 'gateway.mode=controller']);
    const plugins = new Map(manifests.filter(({ kind }) => kind === 'KongPlugin').map((manifest) => [manifest.metadata.name, manifest]));
    const ingresses = manifests.filter(({ kind }) => kind === 'Ingress');
    const { routes, plugins: forAll } = kongFile(ALL);
    expect(ingresses.map(({ metadata }) => metadata.name)).toEqual(routes.map(({ name }) => `smartant-${name}`));
    for (const route of routes) {
      const ingress = ingresses.find(({ metadata }) => metadata.name === `smartant-${route.name}`)!;
      expect(pathsOf(ingress)).toEqual(route.paths);
      const effective = new Map([...forAll, ...route.plugins].map(({ name, config }) => [name, config]));
      const named = (ingress.metadata.annotations?.['konghq.com/plugins'] ?? '').split(',').map((name) => plugins.get(name) as never);
      expect(new Map(named.map(({ plugin, config }) => [plugin, config]))).toEqual(effective);
    }
  });
});

function pluginOf(route: KongRoute, name: string): Record<string, unknown> | undefined {
  return route.plugins.find((plugin) => plugin.name === name)?.config;
}

function pathsOf(ingress: Manifest): string[] {
  const { rules } = ingress.spec as unknown as { rules: { http: { paths: { path: string }[] } }[] };
  return rules.flatMap(({ http }) => http.paths.map(({ path }) => (path.startsWith('/~') ? path.slice(1) : path)));
}
