import type { FaultProxy, TestKafka } from '@smartant/test-servers';
import { waitFor } from '../../platform/embedded-platform';
import type { Replica } from '../../platform/replica';
import type { ReplicatedPlatform, ServiceName } from '../../platform/replicated-platform';
import type { SeededRandom } from './seeded-random';
import type { StoreUnderFault } from './store-under-fault';

export interface FaultWorld {
  platform: ReplicatedPlatform;
  source: StoreUnderFault;
  target: StoreUnderFault;
  kafka: { server: TestKafka; network: FaultProxy } | undefined;
}

/** What every world of faults has. */
export type PlatformWorld = Pick<FaultWorld, 'platform'>;

/** One kind of fault. `target` is what it harms: of each, one fault at a time. */
export interface FaultKind<World = FaultWorld> {
  name: string;
  weight: number;
  target: ServiceName | 'database' | 'source' | 'target' | 'kafka';
  /** Harms, and heals; resolves with what it did, for the log. */
  strike: (world: World, random: SeededRandom) => Promise<string>;
}

const RECOVERY_MS = 120_000;
/** Longer than the nine seconds of a lease, by which another worker must have what a stopped one held. */
const PAST_THE_LEASE_MS = 10_000;

/** The length of an outage is the fault itself: nothing tells that "down for 3 s" is over but the clock. */
export const last = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A replica that runs; one other must run too, so that somebody is there to take over. */
function victim(world: PlatformWorld, service: ServiceName, random: SeededRandom): Replica {
  return random.pick(world.platform.replicas[service].filter((replica) => replica.isWanted && !replica.isFrozen));
}

export const replicaFaults = (service: ServiceName): FaultKind<PlatformWorld>[] => [
  {
    name: `kill ${service}`,
    weight: 6,
    target: service,
    strike: async (world, random) => {
      const replica = victim(world, service, random);
      await replica.kill();
      const awayMs = random.between(0, 3_000);
      await last(awayMs);
      await replica.start();
      return `${replica.name}, away for ${awayMs} ms`;
    },
  },
  {
    name: `freeze ${service}`,
    weight: 2,
    target: service,
    strike: async (world, random) => {
      const replica = victim(world, service, random);
      replica.freeze();
      const frozenMs = PAST_THE_LEASE_MS + random.between(0, 3_000);
      await last(frozenMs);
      replica.wake();
      await replica.untilReady();
      return `${replica.name} for ${frozenMs} ms`;
    },
  },
  {
    name: `hiccup of ${service}`,
    weight: 2,
    target: service,
    strike: async (world, random) => {
      const replica = victim(world, service, random);
      replica.freeze();
      const frozenMs = random.between(200, 4_000);
      await last(frozenMs);
      replica.wake();
      return `${replica.name} for ${frozenMs} ms`;
    },
  },
  {
    name: `replace ${service}`,
    weight: 3,
    target: service,
    strike: async (world, random) => {
      const replica = victim(world, service, random);
      await replica.stop();
      await replica.start();
      return replica.name;
    },
  },
  {
    name: `kill all but one ${service}`,
    weight: 1,
    target: service,
    strike: async (world, random) => {
      const spared = victim(world, service, random);
      const others = world.platform.replicas[service].filter((replica) => replica !== spared);
      await Promise.all(others.map((replica) => replica.kill()));
      await Promise.all(others.map((replica) => replica.start()));
      return `spared ${spared.name}`;
    },
  },
];

/** What may happen to a network between the platform and something else. */
export const networkFaults = <World>(
  target: FaultKind['target'],
  networkOf: (world: World) => FaultProxy | undefined,
  weight: number,
): FaultKind<World>[] => [
  {
    name: `cut off the ${target}`,
    weight,
    target,
    strike: async (world, random) => {
      const network = networkOf(world)!;
      const cutMs = random.between(100, 4_000);
      await network.cut();
      await last(cutMs);
      await network.mend();
      return `for ${cutMs} ms`;
    },
  },
  {
    name: `black hole before the ${target}`,
    weight,
    target,
    strike: async (world, random) => {
      const stream = random.pick(['upstream', 'downstream'] as const);
      const heal = await networkOf(world)!.addToxic({ type: 'timeout', attributes: { timeout: 0 } }, stream);
      const holeMs = random.between(500, 6_000);
      await last(holeMs);
      await heal();
      return `${stream} for ${holeMs} ms`;
    },
  },
  {
    name: `resets from the ${target}`,
    weight,
    target,
    strike: async (world, random) => {
      const heal = await networkOf(world)!.addToxic({ type: 'reset_peer', attributes: { timeout: random.between(0, 300) } });
      const resetsMs = random.between(500, 3_000);
      await last(resetsMs);
      await heal();
      return `for ${resetsMs} ms`;
    },
  },
  {
    name: `slow ${target}`,
    weight,
    target,
    strike: async (world, random) => {
      const latency = random.between(50, 800);
      const heal = await networkOf(world)!.addToxic({ type: 'latency', attributes: { latency, jitter: latency } });
      const slowMs = random.between(1_000, 4_000);
      await last(slowMs);
      await heal();
      return `by ${latency} ms for ${slowMs} ms`;
    },
  },
];

/** Of the services' own database. */
export const databaseCrash: FaultKind<PlatformWorld> = {
  name: 'crash the database',
  weight: 5,
  target: 'database',
  strike: async ({ platform }, random) => {
    await platform.postgres.crash();
    const downMs = random.between(0, 3_000);
    await last(downMs);
    await platform.postgres.start();
    return `down for ${downMs} ms`;
  },
};

const serverFaults: FaultKind[] = [
  databaseCrash,
  ...(['source', 'target'] as const).map((target): FaultKind => ({
    name: `crash the ${target}'s store`,
    weight: 2,
    target,
    strike: async (world, random) => {
      await world[target].crash();
      const downMs = random.between(0, 3_000);
      await last(downMs);
      await world[target].restart();
      return `down for ${downMs} ms`;
    },
  })),
];

const kafkaFaults: FaultKind[] = [
  {
    name: 'crash the broker',
    weight: 4,
    target: 'kafka',
    strike: async ({ kafka }, random) => {
      await kafka!.server.kill();
      const downMs = random.between(0, 4_000);
      await last(downMs);
      await kafka!.server.start();
      return `down for ${downMs} ms`;
    },
  },
  ...networkFaults('kafka', (world: FaultWorld) => world.kafka?.network, 1),
];

/** Every kind that this world can suffer. */
export function faultKinds(world: FaultWorld): FaultKind[] {
  return [
    ...replicaFaults('storage-migrator'),
    ...replicaFaults('scheduler'),
    ...networkFaults('database', ({ platform }: FaultWorld) => platform.database, 1),
    ...networkFaults('source', ({ source }: FaultWorld) => source.network, 1),
    ...networkFaults('target', ({ target }: FaultWorld) => target.network, 1),
    ...serverFaults,
    ...(world.kafka ? kafkaFaults : []),
  ];
}

/** Resolves when everything that should run is ready. */
export async function untilHealthy({ platform }: PlatformWorld): Promise<void> {
  for (const replica of platform.all()) {
    await waitFor(
      `${replica.name} to recover`,
      () => replica.isReady,
      RECOVERY_MS,
      () => replica.output.slice(-3_000),
    );
  }
}
