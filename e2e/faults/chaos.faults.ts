import { randomInt } from 'node:crypto';
import {
  describeIf,
  startKafka,
  startToxiproxy,
  whyNoKafka,
  whyNoS3,
  whyNoToxiproxy,
  type FaultProxy,
  type Toxiproxy,
} from '@smartant/test-servers';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import type { FaultWorld } from './chaos/fault-kinds';
import { FaultSchedule } from './chaos/fault-schedule';
import { MovedMigration } from './chaos/moved-migration';
import { BucketSource, FileTreeSource, type MovingSource } from './chaos/moving-source';
import { SeededRandom } from './chaos/seeded-random';
import { StoreUnderFault } from './chaos/store-under-fault';

/** Long by default; `.ci/run` asks for few. The same seed plans the same faults. */
const FAULTS = Number(process.env['SMARTANT_FAULTS'] || 200);
const SEED = Number(process.env['SMARTANT_FAULT_SEED'] || randomInt(2 ** 32));
const MIGRATIONS_AT_ONCE = 3;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

class Chaos {
  readonly moved: string[] = [];
  private readonly sources: MovingSource[] = [];
  private readonly running = new Set<MovedMigration>();
  private isOver = false;

  constructor(
    private readonly world: FaultWorld,
    private readonly random: SeededRandom,
  ) {}

  /** Migrations begin and end for as long as faults strike; those under way then finish in peace. */
  async run(): Promise<void> {
    const schedule = new FaultSchedule(this.world, this.random.fork(), FAULTS, say);
    const failed = new AbortController();
    const lanes = Array.from({ length: MIGRATIONS_AT_ONCE }, (_, lane) =>
      this.lane(lane, this.random.fork(), failed.signal).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    const faults = schedule.run().finally(() => this.end());
    const results = await Promise.allSettled([faults, ...lanes]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    expect(schedule.struck).toBe(FAULTS);
  }

  private async end(): Promise<void> {
    this.isOver = true;
    await Promise.all([...this.running].map((migration) => migration.hurry()));
  }

  private async lane(lane: number, random: SeededRandom, failed: AbortSignal): Promise<void> {
    for (let round = 1; (round === 1 || !this.isOver) && !failed.aborted; round += 1) await this.move(`move-${lane}-${round}`, random);
  }

  private async move(name: string, random: SeededRandom): Promise<void> {
    const { platform, target } = this.world;
    const source = random.next() < 0.5 ? await this.fileTree(name, random.fork()) : await this.bucket(name, random.fork());
    const bucket = await target.makeBucket(`${name}-target`);
    const startedMs = Date.now();
    const targetEndpoint = target.endpointOf(bucket);
    const migration = new MovedMigration({
      platform,
      name,
      source,
      target: bucket,
      targetEndpoint,
      random: random.fork(),
      isSlow: () => !this.isOver,
      pauses: true,
      say,
    });
    this.running.add(migration);
    await migration.run();
    this.running.delete(migration);
    this.moved.push(name);
    say(
      `${name}: ${source.count()} objects from ${source.description} are equal, after ${((Date.now() - startedMs) / 1_000).toFixed(1)} s and ${migration.prechecksRetried} repeated prechecks`,
    );
    bucket.client.destroy();
  }

  private async fileTree(name: string, random: SeededRandom): Promise<MovingSource> {
    const source = new FileTreeSource(name, random);
    this.sources.push(source);
    await source.fill(150, 1);
    await this.world.platform.api('POST', '/v1/file-roots', { name, path: source.path });
    return source;
  }

  private async bucket(name: string, random: SeededRandom): Promise<MovingSource> {
    const bucket = await this.world.source.makeBucket(`${name}-source`);
    const source = new BucketSource(bucket, this.world.source.endpointOf(bucket), random);
    this.sources.push(source);
    await source.fill(150, 1);
    return source;
  }

  dispose(): void {
    for (const source of this.sources) source.dispose();
  }
}

/** One broker whose clients reach it through a network that fails. */
async function kafkaUnderFault(toxiproxy: Toxiproxy): Promise<NonNullable<FaultWorld['kafka']> & { environment: Record<string, string> }> {
  let network!: FaultProxy;
  const advertise = async (listens: string): Promise<string> => {
    network = await toxiproxy.createProxy(listens);
    return network.address;
  };
  const server = await startKafka({ mayKill: true, advertise });
  return { server, network, environment: { SMARTANT_BUS: 'kafka', SMARTANT_KAFKA_BROKERS: server.brokers.join(',') } };
}

function chaosSuite(bus: 'embedded' | 'kafka'): void {
  let platform: ReplicatedPlatform;
  let world: FaultWorld;
  let chaos: Chaos;
  const toStop: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    say(`SMARTANT_FAULT_SEED=${SEED} SMARTANT_FAULTS=${FAULTS} (${bus} bus)`);
    const toxiproxy = await startToxiproxy();
    toStop.push(() => toxiproxy.stop());
    const kind = whyNoS3('minio') ? 'sample' : 'minio';
    const source = await StoreUnderFault.start(kind, toxiproxy);
    const target = await StoreUnderFault.start(kind, toxiproxy);
    toStop.push(
      () => source.stop(),
      () => target.stop(),
    );
    const kafka = bus === 'kafka' ? await kafkaUnderFault(toxiproxy) : undefined;
    if (kafka) toStop.push(() => kafka.server.stop());
    platform = new ReplicatedPlatform({ replicas: 3, environment: kafka?.environment });
    toStop.unshift(() => platform.dispose());
    await platform.start();
    world = { platform, source, target, kafka };
    chaos = new Chaos(world, new SeededRandom(SEED));
  }, 300_000);
  afterAll(async () => {
    for (const stop of toStop) await stop();
    chaos?.dispose();
  }, 120_000);

  it(
    `moves everything once and proves it while ${FAULTS} faults strike`,
    async () => {
      await chaos.run();
      say(`${chaos.moved.length} migrations moved; ${platform.unexpectedEnds.length} replicas had to be started again`);
      expect(platform.unexpectedEnds.filter(({ status, wasReady }) => wasReady || status === 70)).toEqual([]);
      expect(platform.internalErrors).toEqual([]);
    },
    60_000 + FAULTS * 15_000 + 600_000,
  );
}

describeIf(whyNoToxiproxy(), 'faults on the embedded bus', () => chaosSuite('embedded'));
describeIf(whyNoToxiproxy() ?? whyNoKafka({ mayKill: true }), 'faults on Kafka', () => chaosSuite('kafka'));
