import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGuarded, waitUntilReady, type RunningServer } from '../guarded-server';
import { lastingPort } from '../lasting-port';

const START_TIMEOUT_MS = 120_000;
/** Any 16 bytes in URL-safe base64. */
const CLUSTER_ID = 'c21hcnRhbnQtdGVzdC1jbA';
const JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const runFile = promisify(execFile);

interface Node {
  id: number;
  port: number;
  controllerPort: number;
  /** "host:port" as clients are told. */
  advertised: string;
  folder: string;
  server: RunningServer | undefined;
}

/** A native Kafka cluster (KRaft, each node broker and controller) whose brokers can be killed and started again on their data. */
export class KafkaCluster {
  private constructor(
    private readonly lib: string,
    private readonly nodes: Node[],
  ) {}

  /** Formats and starts so many nodes. `lib` holds the broker's jars. */
  static async start(
    lib: string,
    size: number,
    advertise = (listens: string): Promise<string> => Promise.resolve(listens),
  ): Promise<KafkaCluster> {
    const nodes: Node[] = [];
    for (let id = 1; id <= size; id += 1) {
      const folder = mkdtempSync(join(tmpdir(), 'smartant-kafka-'));
      const port = await lastingPort();
      const advertised = await advertise(`127.0.0.1:${port}`);
      nodes.push({ id, port, advertised, controllerPort: await lastingPort(), folder, server: undefined });
    }
    const cluster = new KafkaCluster(lib, nodes);
    try {
      await Promise.all(nodes.map((node) => cluster.format(node)));
      await Promise.all(nodes.map((_, index) => cluster.startBroker(index)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get brokers(): string[] {
    return this.nodes.map(({ advertised }) => advertised);
  }

  /** Starts a broker that was killed, on its port and data; resolves when it listens. */
  async startBroker(index: number): Promise<void> {
    const node = this.node(index);
    if (node.server) return;
    const server = startGuarded({
      command: 'java',
      args: ['-Xmx512m', ...this.java(), 'kafka.Kafka', join(node.folder, 'server.properties')],
      options: { cwd: node.folder, env: { ...process.env, CLASSPATH: '' } },
      logFile: join(node.folder, 'server.log'),
      folder: node.folder,
      stopSignal: 'SIGKILL',
    });
    node.server = server;
    await waitUntilReady(server, `Kafka ${node.id}`, () => accepts(node.port), START_TIMEOUT_MS);
  }

  /** Ends a broker as a crash would; its data stays. */
  async killBroker(index: number): Promise<void> {
    const node = this.node(index);
    await node.server?.kill();
    node.server = undefined;
  }

  /** A broker that hangs: its connections stay, and the others take it for dead after 5 s. */
  freezeBroker(index: number): void {
    this.node(index).server?.freeze();
  }

  thawBroker(index: number): void {
    this.node(index).server?.thaw();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.server?.stop()));
    for (const { folder } of this.nodes) rmSync(folder, { recursive: true, force: true });
  }

  private node(index: number): Node {
    const node = this.nodes[index];
    if (!node) throw new RangeError(`the cluster has no broker ${index}`);
    return node;
  }

  private java(): string[] {
    return [...JVM, '-cp', `${this.lib}/*`];
  }

  private async format(node: Node): Promise<void> {
    mkdirSync(node.folder, { recursive: true });
    const properties = join(node.folder, 'server.properties');
    writeFileSync(properties, serverProperties(node, this.nodes));
    await runFile('java', [...this.java(), 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties], { cwd: node.folder });
  }
}

function serverProperties(node: Node, nodes: Node[]): string {
  const copies = nodes.length;
  const settings: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${node.advertised}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(node.folder, 'data'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': Math.ceil(copies / 2),
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': Math.ceil(copies / 2),
    'transaction.state.log.num.partitions': 3,
    'group.initial.rebalance.delay.ms': 0,
    // A dead broker is noticed soon, so that tests of its death are short.
    'broker.session.timeout.ms': 5_000,
    'broker.heartbeat.interval.ms': 500,
    'controller.quorum.election.timeout.ms': 500,
    'controller.quorum.fetch.timeout.ms': 1_000,
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
