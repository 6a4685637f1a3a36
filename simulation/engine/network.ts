import type { Process } from './process';
import type { Weather } from './weather';
import type { World } from './world';

/** No answer in time, or the other side broke off: whether it was carried out is not known. */
export class CallFailed extends Error {}

/** One side of a call: what the server does, and how it answers. */
export type Serve<T> = (server: Process, answer: (result: T) => void, refuse: (error: unknown) => void) => void;

const DEADLINE_MS = 3_000;

/** Calls between processes: lost on the way there or back, late, and carried out twice. */
export class Network {
  constructor(
    private readonly world: World,
    private readonly weather: Weather,
  ) {}

  call<T>(
    client: Process,
    servers: readonly Process[],
    serve: Serve<T>,
    done: (result: T) => void,
    failed: (error: unknown) => void,
  ): void {
    const { world, weather } = this;
    let settled = false;
    const once = (then: () => void): void => {
      if (settled) return;
      settled = true;
      then();
    };
    client.after(DEADLINE_MS, () => once(() => failed(new CallFailed())));
    const back = (then: () => void): void => {
      if (world.random.chance(weather.loss)) return;
      client.after(1, () => once(then));
    };
    this.send(servers, (server) =>
      serve(
        server,
        (result) => back(() => done(result)),
        (error) => back(() => failed(error)),
      ),
    );
  }

  private send(servers: readonly Process[], arrive: (server: Process) => void): void {
    const { world, weather } = this;
    const deliver = (delayMs: number): void =>
      world.at(delayMs, () => {
        const up = servers.filter((server) => server.isUp);
        if (up.length === 0) return;
        const server = world.random.pick(up);
        server.after(0, () => arrive(server));
      });
    const delayMs = world.random.chance(weather.late) ? world.random.int(10, weather.lateMs) : 1;
    if (!world.random.chance(weather.loss)) deliver(delayMs);
    if (world.random.chance(weather.duplicate)) deliver(delayMs + world.random.int(1, Math.max(1, weather.lateMs)));
  }
}
