import { randomInt } from 'node:crypto';
import { describeIf, whyNoClientTools, whyNoToxiproxy } from '@smartant/test-servers';
import { ReplicatedPlatform } from '../platform/replicated-platform';
import { untilHealthy } from './chaos/fault-kinds';
import { SeededRandom } from './chaos/seeded-random';
import { databaseFaultKinds, type DatabaseWorld } from './database/database-faults';
import { DatabaseUnderFault } from './database/database-under-fault';
import { FaultsInTurn } from './database/faults-in-turn';
import { MovedDatabase } from './database/moved-database';

/** Hundreds by `npm run test:faults:database -- --faults 300`. The same seed plans the same faults. */
const FAULTS = Number(process.env['SMARTANT_FAULTS'] || 50);
const SEED = Number(process.env['SMARTANT_FAULT_SEED'] || randomInt(2 ** 32));
const MIGRATIONS_AT_ONCE = 2;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

describeIf(whyNoToxiproxy() ?? whyNoClientTools(), 'databases under faults', () => {
  let platform: ReplicatedPlatform;
  let world: DatabaseWorld;
  const toStop: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    say(`SMARTANT_FAULT_SEED=${SEED} SMARTANT_FAULTS=${FAULTS} (databases)`);
    platform = new ReplicatedPlatform({ replicas: 2, databases: true, storage: false });
    toStop.push(() => platform.dispose());
    await platform.start();
    const source = await DatabaseUnderFault.start(platform.toxiproxy);
    const target = await DatabaseUnderFault.start(platform.toxiproxy);
    toStop.push(
      () => source.stop(),
      () => target.stop(),
    );
    world = { platform, source, target, urls: { source: new Set(), target: new Set() } };
  }, 300_000);
  afterAll(async () => {
    for (const stop of toStop) await stop();
  }, 120_000);

  it(
    `are moved and moved back whole while ${FAULTS} faults strike`,
    async () => {
      const random = new SeededRandom(SEED);
      const faults = new FaultsInTurn(world, databaseFaultKinds(), random.fork(), FAULTS, say);
      let [begun, failed] = [0, false];
      const lane = async (own: SeededRandom): Promise<void> => {
        while (!faults.isOver && !failed) {
          const number = (begun += 1);
          const name = `bank_${number}`;
          const ending = number % 2 === 1 ? 'rollback' : 'finalize';
          const startedMs = Date.now();
          const moved = new MovedDatabase({
            world,
            name,
            random: own.fork(),
            ending,
            strike: (moment) => faults.strike(moment, name),
            say,
          });
          await moved.run();
          const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
          say(`${name}: whole, and ended by ${ending}, after ${seconds} s and ${moved.retried} retries`);
        }
      };
      const lanes = Array.from({ length: MIGRATIONS_AT_ONCE }, () => lane(random.fork()));
      const results = await Promise.allSettled(
        lanes.map((running) => running.catch((error: unknown) => ((failed = true), Promise.reject(error)))),
      );
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      await untilHealthy(world);
      expect(faults.struck).toBe(FAULTS);
      say(
        `${faults.struck} faults (seed ${SEED}) in ${begun} migrations, all whole; by phase: ${JSON.stringify(faults.met)}; ${platform.unexpectedEnds.length} replicas were started again`,
      );
      expect(platform.unexpectedEnds.filter(({ status, wasReady }) => wasReady || status === 70)).toEqual([]);
      expect(platform.internalErrors).toEqual([]);
    },
    300_000 + FAULTS * 120_000,
  );
});
