import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { CommandEnd, HostSession, RemoteProcess } from '../session/host-session';
import { HeldConnection, HeldConnections } from './held-connection';
import { transferError } from './tar-commands';

const { signal } = new AbortController();
const refused = () => Promise.reject(transferError('target', 255, 'Permission denied (publickey).'));

/** A source at which commands say that they hold something, until their input ends. */
class Source {
  running = 0;

  private async stream(): Promise<RemoteProcess> {
    const end = Promise.withResolvers<CommandEnd>();
    const [stdin, stdout] = [new PassThrough().resume(), new PassThrough()];
    this.running += 1;
    stdout.write('10.0.0.1 40000 10.0.0.2 22\n');
    stdin.once('end', () => {
      this.running -= 1;
      end.resolve({ exitCode: 0, stderr: '', stderrCut: false });
    });
    return { stdin, stdout, done: end.promise, kill: () => undefined };
  }

  open = (): Promise<HeldConnection> =>
    HeldConnection.open({ stream: this.stream.bind(this) } as unknown as HostSession, ['ssh'], `/run/${this.running}`, signal);
}

describe('connections that are held', () => {
  let source: Source;
  beforeEach(() => (source = new Source()));
  afterEach(() => jest.restoreAllMocks());

  it('are shared where no other can be had, which is not tried again for each stream', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const openOne = jest.fn(refused);
    const held = new HeldConnections(await source.open(), openOne);
    const release = Promise.withResolvers<void>();
    const sockets: string[] = [];
    const work = (socket: string) => {
      sockets.push(socket);
      return release.promise;
    };
    const streams = [held.use(work, signal)];
    for (let number = 0; number < 5; number += 1) {
      streams.push(held.use(work, signal));
      while (sockets.length < streams.length) await turn();
    }
    expect(openOne).toHaveBeenCalledTimes(1);
    now.mockReturnValue(11 * 60_000);
    streams.push(held.use(work, signal));
    while (sockets.length < streams.length) await turn();
    expect(openOne).toHaveBeenCalledTimes(2);
    release.resolve();
    await Promise.all(streams);
    await held.close();
    expect(new Set(sockets)).toEqual(new Set(['/run/0']));
    expect(source.running).toBe(0);
  });

  it('are not waited for by a stream that is given up, which goes over no other then', async () => {
    const held = new HeldConnections(
      await source.open(),
      (within) => new Promise((_, reject) => within.addEventListener('abort', () => reject(within.reason as Error))),
    );
    const release = Promise.withResolvers<void>();
    const first = held.use(() => release.promise, signal);
    const given = new AbortController();
    const begun = jest.fn();
    const second = held.use(begun, given.signal);
    given.abort(new Error('given up'));
    await expect(second).rejects.toThrow('given up');
    expect(begun).not.toHaveBeenCalled();
    release.resolve();
    await first;
    await held.close();
    expect(source.running).toBe(0);
  });
});
