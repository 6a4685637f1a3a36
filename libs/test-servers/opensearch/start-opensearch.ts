import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChildServer } from '../child-server';
import { freePort } from '../guarded-server';
import { provisionedPath } from '../provisioned-binary';

/** A node of OpenSearch, alone in its cluster. It knows no users: access is what stands before it decides. */
export interface TestOpensearch {
  url: string;
  stop(): Promise<void>;
}

const JVM = ['-Xms256m', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Djava.security.manager=allow'];
/** It refuses to run as root, as containers of CI do; without its native library it cannot ask. */
const NO_NATIVES = ['-Djna.noclasspath=true', '-Djna.nosys=true'];
const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%p] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

/** Null when it can be started; else why not. */
export function whyNoOpensearch(): string | null {
  if (provisionedPath('opensearch', 'lib') === undefined) return 'OpenSearch is missing: npm run provision -- opensearch';
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'java is not installed';
  }
}

/** In about six seconds. Indices are made as they are written to; data is gone when it stops. */
export async function startOpensearch(): Promise<TestOpensearch> {
  const home = provisionedPath('opensearch');
  if (home === undefined) throw new Error(whyNoOpensearch() ?? 'no OpenSearch');
  const folder = await mkdtemp(join(tmpdir(), 'smartant-opensearch-'));
  const [http, transport] = [await freePort(), await freePort()];
  const settings = {
    'cluster.name': 'smartant-test',
    'discovery.type': 'single-node',
    'http.host': '127.0.0.1',
    'http.port': http,
    'transport.host': '127.0.0.1',
    'transport.port': transport,
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    // A test machine's disk is often fuller than a store of value may be.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  await writeFile(join(folder, 'opensearch.yml'), JSON.stringify(settings));
  await writeFile(join(folder, 'log4j2.properties'), LOGGING);
  const url = `http://127.0.0.1:${http}`;
  const child = await startChildServer({
    name: 'opensearch',
    command: 'java',
    args: [
      ...[...JVM, ...NO_NATIVES, '-Dlog4j2.disable.jmx=true'],
      ...[`-Dopensearch.path.home=${home}`, `-Dopensearch.path.conf=${folder}`, '-Dopensearch.distribution.type=tar'],
      ...['-cp', join(home, 'lib', '*'), 'org.opensearch.bootstrap.OpenSearch'],
    ],
    ready: async () => (await fetch(`${url}/_cluster/health?wait_for_status=yellow`)).ok,
    readyTimeoutMs: 120_000,
  });
  return {
    url,
    stop: async () => {
      await child.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
