import { ChartCopy, helmBinary, type Manifest } from '../../tools/deploy/render-chart';

export const CONSOLE = 'https://console.example.com';
export const GRPC_HOST = 'grpc.smartant.internal';
export const CERTIFICATE_SECRET = 'edge-tls';
/** Of one address in a minute. */
export const SIGN_IN_LIMIT = 5;
export const REQUEST_BYTES = 1_048_576;

/** Consumers that are machines, in the order of the chart's list, with their keys. */
export const MACHINES = {
  billing: { groups: 'grpc', key: 'billing-4f1d2c9a8b7e6f5d3c2b1a' },
  metered: { groups: 'grpc', minute: 2, key: 'metered-9a8b7e6f5d3c2b1a4f1d2c' },
  hooks: { groups: 'hooks', key: 'hooks-7e6f5d3c2b1a4f1d2c9a8b' },
} as const;

/** Every setting of the gateway that Kong obeys, but Redis and telemetry, which need servers of their own. */
const VALUES = [
  'gateway.mode=dbless',
  'gateway.grpc.enabled=true',
  'istio.internalClients={internal-client,kong}',
  `gateway.grpc.host=${GRPC_HOST}`,
  `gateway.certificateSecret=${CERTIFICATE_SECRET}`,
  // Where the container's requests come from, whatever engine it is: the address that is judged is the one that X-Forwarded-For names.
  'gateway.kong.trustedIps={10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8}',
  'gateway.requestMegabytes=1',
  `gateway.limits.signIn=${SIGN_IN_LIMIT}`,
  `gateway.cors.origins={${CONSOLE}}`,
  'gateway.access.deny={203.0.113.0/24,10.1.2.3}',
  'gateway.access.admin={10.0.0.0/8}',
  'gateway.machines.keysSecret=machines',
  ...Object.entries(MACHINES).flatMap(([name, machine], at) => [
    `gateway.machines.consumers[${at}].name=${name}`,
    `gateway.machines.consumers[${at}].groups={${machine.groups}}`,
    ...('minute' in machine ? [`gateway.machines.consumers[${at}].minute=${machine.minute}`] : []),
  ]),
];

/** What `helm template` renders for a Kong without a database. */
export class GatewayChart {
  private readonly chart = new ChartCopy(helmBinary()!);

  /** `host`: by which name, and at which ports, Kong finds the scheduler. */
  constructor(private readonly scheduler: { host: string; httpPort: number; grpcPort: number }) {}

  render(values: readonly string[] = []): Manifest[] {
    const place = Object.entries(this.scheduler).map(([name, value]) => `gateway.scheduler.${name}=${value}`);
    return this.chart.render([...VALUES, ...place, ...values]);
  }

  /** The declarative file, as the ConfigMap holds it. */
  kongFile(values: readonly string[] = []): string {
    const config = this.render(values).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'kong-config');
    return config?.data?.['kong.yaml'] ?? '';
  }

  remove(): void {
    this.chart.remove();
  }
}
