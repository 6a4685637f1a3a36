import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { SshLocation } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import type { Command, CommandResult, HostSession, RemoteProcess, RunOptions, StreamOptions } from '../session/host-session';
import { shownCommand } from '../session/command-line';
import type { Ends } from './carrier';
import { memoryJob } from './fixtures/memory-job';
import type { HostFacts } from './host-facts';
import { transferError } from './tar-commands';
import { Way } from './way';

const { signal } = new AbortController();
const CONNECTION = '10.0.0.1 40000 10.0.0.2 22';
const LANE: Ends = { sourceDirectory: '/', targetDirectory: '.', plain: false, read: ['tar'], write: () => ['tar'] };
const DONE = { exitCode: 0, stderr: 'smartant-target: received\n', stderrCut: false };
const BROKEN = { exitCode: 255, stderr: 'Connection to target closed by remote host.\n', stderrCut: false };

/** Two hosts whose commands come to their ends when a test lets them. */
class Hosts {
  /** Whether the target has a line of the migration's key. */
  authorized = false;
  readonly streams: PromiseWithResolvers<typeof DONE>[] = [];
  /** Of those that write the line, in their order; a test that sets `held` lets them go on. */
  readonly arranging: PromiseWithResolvers<void>[] = [];
  held = false;
  /** Connections between them that wait for streams. */
  holding = 0;
  readonly commands: string[] = [];
  onProbe: () => void = () => undefined;
  /** What a connection that is to be held says first. */
  connected = `${CONNECTION}\n`;

  private async run(command: Command, { signal: within }: RunOptions): Promise<CommandResult> {
    const shown = shownCommand(command);
    this.commands.push(shown);
    if (shown.endsWith(' probe')) this.onProbe();
    if (shown.includes('restrict,from=')) {
      const gate = Promise.withResolvers<void>();
      this.arranging.push(gate);
      if (!this.held) gate.resolve();
      await gate.promise;
    }
    if (shown.includes('restrict')) {
      // A command that is to be ended may have done its work.
      this.authorized = true;
      within.throwIfAborted();
    } else if (shown.includes('authorized_keys')) {
      this.authorized = false;
    }
    return { exitCode: 0, stdout: Buffer.from(`${CONNECTION}\n`), stderr: '' };
  }

  private async stream(command: Command, { signal: within }: StreamOptions): Promise<RemoteProcess> {
    const end = Promise.withResolvers<typeof DONE>();
    const [stdin, stdout] = [new PassThrough().resume(), new PassThrough()];
    if (shownCommand(command).endsWith(' hold')) {
      this.holding += 1;
      stdout.write(this.connected);
      stdin.once('end', () => end.resolve(DONE));
      within.addEventListener('abort', () => end.resolve(DONE));
      void end.promise.then(() => (this.holding -= 1));
    } else {
      this.streams.push(end);
      stdout.end();
    }
    return { stdin, stdout, done: end.promise, kill: () => undefined };
  }

  get session(): HostSession {
    const facts = { keyType: 'ssh-ed25519', publicKey: 'AAAA' };
    return { facts, run: this.run.bind(this), stream: this.stream.bind(this) } as unknown as HostSession;
  }
}

describe('the way between hosts', () => {
  const directory = { path: '/run/.smartant-mig_test', inMemory: true, freeBytes: 1e9 };
  const facts = { directories: [directory] } as unknown as HostFacts;
  let hosts: Hosts;
  let way: Way;

  beforeEach(() => {
    hosts = new Hosts();
    const location: SshLocation = { kind: 'ssh', host: 'target', port: 22, user: 'root', hostKeys: [], become: 'none' };
    const job = memoryJob({ direct: 'auto' }, { target: { id: 'target', location, secret: () => Promise.resolve({ kind: 'none' }) } });
    const sides = { source: hosts.session, target: hosts.session };
    way = new Way({ job, sides, facts: { ofSource: facts, ofTarget: facts }, lanes: [LANE] });
  });

  async function* nothing(): AsyncGenerator<Buffer> {}
  const carry = () => way.carry(LANE, nothing(), 'none', signal).catch((error: unknown) => error);
  const reach = async (condition: () => boolean) => {
    while (!condition()) await turn();
  };

  it('is closed with nothing left, also where a stream was just arranging it anew', async () => {
    const broken = carry();
    await reach(() => hosts.streams.length === 1);
    hosts.held = true;
    hosts.streams[0]!.resolve(BROKEN);
    await broken;
    const again = carry();
    await reach(() => hosts.arranging.length === 2);
    const closed = way.close(false);
    await turn();
    hosts.arranging[1]!.resolve();
    await closed;
    expect(hosts).toMatchObject({ authorized: false, holding: 0 });
    expect(await again).toMatchObject({ code: 'HOST_TRANSFER_FAILED', retryable: true });
  });

  it('takes the key away after all that puts it there has ended, also where something else has failed before', async () => {
    hosts.held = true;
    const probed = Promise.withResolvers<void>();
    hosts.onProbe = () => {
      probed.resolve();
      throw transferError('source', 0, 'gone');
    };
    const opened = way.open(signal);
    await probed.promise;
    for (let turns = 0; turns < 20; turns += 1) await turn();
    hosts.arranging[0]!.resolve();
    await reach(() => hosts.arranging.length === 2);
    hosts.arranging[1]!.resolve();
    expect((await opened).kind).toBe('relay');
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(hosts).toMatchObject({ authorized: false, holding: 0 });
  });

  it('begins no stream over what is there when it is closed while one waits for its connection', async () => {
    const first = carry();
    await reach(() => hosts.streams.length === 1);
    hosts.connected = '';
    const second = carry();
    await reach(() => hosts.holding === 2);
    await way.close(false);
    expect(await second).toMatchObject({ code: 'HOST_TRANSFER_FAILED' });
    expect(hosts.streams).toHaveLength(1);
    hosts.streams[0]!.resolve(DONE);
    await first;
    await reach(() => hosts.holding === 0);
  });

  it('has as many connections as streams go at once, and none for those that come later', async () => {
    const both = [carry(), carry()];
    await reach(() => hosts.streams.length === 2 && hosts.holding === 2);
    for (const stream of hosts.streams) stream.resolve(DONE);
    await Promise.all(both);
    const later = carry();
    await reach(() => hosts.streams.length === 3);
    hosts.streams[2]!.resolve(DONE);
    await later;
    expect(hosts.holding).toBe(2);
    await way.close(false);
    expect(hosts).toMatchObject({ authorized: false, holding: 0 });
  });

  it('is arranged by one stream at a time: one that lost what was before ends nothing of what is', async () => {
    const [first, second] = [carry(), carry()];
    await reach(() => hosts.streams.length === 2);
    hosts.held = true;
    hosts.streams[0]!.resolve(BROKEN);
    await first;
    const third = carry();
    await reach(() => hosts.arranging.length === 2);
    hosts.streams[1]!.resolve(BROKEN);
    await second;
    const fourth = carry();
    await turn();
    expect(hosts.arranging).toHaveLength(2);
    hosts.arranging[1]!.resolve();
    await reach(() => hosts.streams.length === 4);
    for (const stream of hosts.streams) stream.resolve(DONE);
    await expect(Promise.all([third, fourth])).resolves.toEqual([
      { ...DONE, stderr: '' },
      { ...DONE, stderr: '' },
    ]);
    await way.close(false);
    expect(hosts.authorized).toBe(false);
  });

  it.each([0, 1, 2])('has carried nothing unless the target says so, whatever its status (%d)', async (exitCode) => {
    const carrying = carry();
    await reach(() => hosts.streams.length === 1);
    hosts.streams[0]!.resolve({ exitCode, stderr: '', stderrCut: false });
    expect(await carrying).toMatchObject({ code: transferError('target', 0, '').code, retryable: true, details: { side: 'target' } });
  });

  it('is arranged anew in memory alone: what is on the disks of a source may be held still', async () => {
    const broken = carry();
    await reach(() => hosts.streams.length === 1);
    hosts.streams[0]!.resolve(BROKEN);
    await broken;
    hosts.commands.length = 0;
    const again = carry();
    await reach(() => hosts.streams.length === 2);
    hosts.streams[1]!.resolve(DONE);
    await again;
    const taking = hosts.commands.filter((command) => command.includes('mkdir "$d"'));
    expect(taking).toHaveLength(2);
    for (const command of taking) expect(command).toMatch(/ \.smartant-mig_test \/run$/);
  });

  it('tells that the target is full also where the source complained of a file', async () => {
    const carrying = carry();
    await reach(() => hosts.streams.length === 1);
    const said = [
      'tar: ./a: Read error at byte 0, while reading 512 bytes: Input/output error',
      'smartant-target: tar: ./b: Cannot write: No space left on device',
    ];
    hosts.streams[0]!.resolve({ exitCode: 99, stderr: `${said.join('\n')}\n`, stderrCut: false });
    expect(await carrying).toMatchObject({ code: 'HOST_TARGET_FULL', retryable: false });
  });

  it('tells why nothing more was asked for, and not how the stream ended by that', async () => {
    async function* refused(): AsyncGenerator<Buffer> {
      yield Buffer.from('./a\0');
      throw new SmartantError('QUOTA_EXCEEDED', 'no more', { kind: 'precondition' });
    }
    const carrying = way.carry(LANE, refused(), 'none', signal).catch((error: unknown) => error);
    await reach(() => hosts.streams.length === 1);
    hosts.streams[0]!.resolve({ exitCode: 143, stderr: '', stderrCut: false });
    expect(await carrying).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });
});
