import { provisionedPath } from '../provisioned-binary';
import { startChildServer } from '../child-server';
import { freePort } from '../guarded-server';

const PROGRAM = ['jaeger', 'jaeger-all-in-one'];

/** Jaeger with its collector and its query service, keeping traces in memory. */
export interface TestJaeger {
  /** Of the query service: SMARTANT_JAEGER_QUERY_URL. */
  queryUrl: string;
  /** OTEL_EXPORTER_OTLP_ENDPOINT. */
  otlpEndpoint: string;
  /** OTEL_EXPORTER_JAEGER_ENDPOINT: Thrift over HTTP. */
  thriftEndpoint: string;
  stop(): Promise<void>;
}

/** Null when Jaeger can be started; else why not. */
export function whyNoJaeger(): string | null {
  return provisionedPath(...PROGRAM) === undefined ? 'Jaeger is missing: npm run provision -- jaeger' : null;
}

export async function startJaeger(): Promise<TestJaeger> {
  const command = provisionedPath(...PROGRAM);
  if (command === undefined) throw new Error(whyNoJaeger() ?? '');
  const names = [
    ...['query.http-server', 'query.grpc-server', 'collector.otlp.http', 'collector.otlp.grpc', 'collector.http-server'],
    ...['collector.grpc-server', 'admin.http'],
  ];
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await freePort());
  const at = (name: string): string => `127.0.0.1:${ports.get(name)}`;
  const server = await startChildServer({
    name: 'jaeger',
    command,
    args: names.map((name) => `--${name}.host-port=${at(name)}`),
    env: { SPAN_STORAGE_TYPE: 'memory' },
    ready: async () => (await fetch(`http://${at('query.http-server')}/api/services`)).ok,
  });
  return {
    queryUrl: `http://${at('query.http-server')}`,
    otlpEndpoint: `http://${at('collector.otlp.http')}`,
    thriftEndpoint: `http://${at('collector.http-server')}/api/traces`,
    stop: () => server.stop(),
  };
}
