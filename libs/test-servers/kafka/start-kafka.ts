import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startGuarded, waitUntilReady } from '../guarded-server';

export interface TestKafka {
  /** "host:port" of each broker. */
  brokers: string[];
  /** Says which it is, for the log of a test run. */
  description: string;
  /** Stops a broker that we started; leaves one that was given. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 120_000;
/** Any 16 bytes in URL-safe base64. */
const CLUSTER_ID = 'c21hcnRhbnQtdGVzdC1jbA';
const runFile = promisify(execFile);

/** `SMARTANT_TEST_KAFKA_BROKERS` (comma list) names a running cluster to test against. */
function givenBrokers(): string[] {
  return (process.env.SMARTANT_TEST_KAFKA_BROKERS ?? '').split(',').flatMap((broker) => broker.trim() || []);
}

/** The newest provisioned `kafka-<version>` in the cache; undefined when there is none. */
function provisionedJars(): { version: string; lib: string } | undefined {
  const cache = process.env.SMARTANT_CACHE || join(homedir(), '.cache', 'smartant');
  const versions = (existsSync(cache) ? readdirSync(cache) : [])
    .flatMap((name) => /^kafka-(\d+(?:\.\d+)*)$/.exec(name)?.[1] ?? [])
    .filter((version) => existsSync(join(cache, `kafka-${version}`, 'lib')))
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const version = versions.at(-1);
  return version === undefined ? undefined : { version, lib: join(cache, `kafka-${version}`, 'lib') };
}

/** Null when a real broker can be had, else what is missing. */
export function whyNoKafka(): string | null {
  if (givenBrokers().length > 0) return null;
  if (!provisionedJars()) return 'no broker in the cache (npm run provision brings one) and SMARTANT_TEST_KAFKA_BROKERS is not set';
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'java is not installed';
  }
}

/** A real Kafka broker (KRaft, one node) on free ports of 127.0.0.1, in 8–15 s; or the given one. It dies with this process. */
export async function startKafka(): Promise<TestKafka> {
  const given = givenBrokers();
  if (given.length > 0) return { brokers: given, description: `Kafka at ${given.join(', ')}`, stop: async () => undefined };
  const jars = provisionedJars();
  if (!jars) throw new Error(whyNoKafka() ?? 'no Kafka');
  const folder = mkdtempSync(join(tmpdir(), 'smartant-kafka-'));
  try {
    const port = await freePort();
    const properties = join(folder, 'server.properties');
    writeFileSync(properties, serverProperties(folder, port, await freePort()));
    const classPath = ['-XX:TieredStopAtLevel=1', '-cp', `${jars.lib}/*`];
    await runFile('java', [...classPath, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties], { cwd: folder });
    const server = startGuarded({
      command: 'java',
      args: ['-Xmx512m', ...classPath, 'kafka.Kafka', properties],
      options: { cwd: folder, env: { ...process.env, CLASSPATH: '' } },
      logFile: join(folder, 'server.log'),
      folder,
      stopSignal: 'SIGKILL',
    });
    await waitUntilReady(server, 'Kafka', () => accepts(port), START_TIMEOUT_MS).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    return { brokers: [`127.0.0.1:${port}`], description: `Kafka ${jars.version}`, stop: () => server.stop() };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function serverProperties(folder: string, port: number, controllerPort: number): string {
  const settings: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 3,
    'group.initial.rebalance.delay.ms': 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
