import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { utils } from 'ssh2';
import type { SshLocation } from '@smartant/connectors';
import type { CommandEnd, CommandResult, HostSession } from '../session/host-session';
import { COMPRESS, feedTo, isOfTarget, unheard, type Carrier, type Codec, type Feed, type Hear, type Lane } from './carrier';
import { bothEnded } from './both-ended';
import { transferError } from './tar-commands';
import { ARRANGE, KEEP, OPEN, RECEIVED, receiveScript, SPEAKS_APART, TARGET_FAILED, TARGET_SAID } from './direct-scripts';
import { HeldConnection, HeldConnections } from './held-connection';
import { lookAt } from './host-facts';
import { keyPattern, withdrawKey } from './migration-key';
import { directoryName, type WorkDirectory } from './work-directory';

export interface DirectOptions {
  source: HostSession;
  target: HostSession;
  /** How the source is told to reach the target. */
  location: SshLocation;
  migrationId: string;
  /** In memory, at each host. */
  sourceDirectory: WorkDirectory;
  targetDirectory: WorkDirectory;
  /** All that are carried on. */
  lanes: readonly Lane[];
  /** For the environment of what the key starts (`workMark`). */
  mark: string;
}

/** Of a reader whose disk is broken, as it is where we relay it. */
const UNREADABLE = 4;
/** Of ssh, which made a connection of its own, since the one that is held could carry no more. */
const WAS_ALONE = /^(?:mux_client_|ControlSocket |Control socket connect\()/;
const TRIES = 2;

/**
 * From the source's own ssh into the target's sshd, with a key made for this: its private half is at the source in memory only, and the
 * target takes it for the commands of one script and from one address. Streams go over connections that are held for as long as the way is
 * open, one for each that is carried at once: signing in costs more time of both processors than some thousand small files.
 */
export class DirectPath implements Carrier {
  readonly kind = 'direct';

  /** The key and what it may start, at both ends; null: to be put there (again), because an end may have lost what it had in memory. */
  private arranged: Promise<HeldConnections | null> | null = null;
  private lost = false;
  private readonly over = new AbortController();
  private closing: Promise<void> | null = null;

  /** `asks`: which keys the target has, where the one that it has shown us is not what the source's ssh takes. */
  private constructor(
    private readonly options: DirectOptions,
    private readonly asks: boolean,
  ) {}

  /** Tries it really, twice: what is decided here holds for a round. Rejects where the two do not reach each other; nothing is left behind then. */
  static async open(options: DirectOptions, signal: AbortSignal): Promise<DirectPath> {
    for (let tries = 1; ; tries += 1) {
      const path = new DirectPath(options, tries > 1);
      try {
        await (path.arranged = path.arrange(signal));
        return path;
      } catch (error) {
        await path.close();
        if (tries === TRIES || signal.aborted) throw error;
      }
    }
  }

  async carry(lane: Lane, feed: Feed, codec: Codec, signal: AbortSignal, hear = unheard): Promise<CommandEnd> {
    this.over.signal.throwIfAborted();
    const arranged = (this.arranged ??= this.arrange(signal));
    try {
      const held = await arranged;
      const over = (settings: readonly string[]) => {
        this.over.signal.throwIfAborted();
        return this.carryOnce(lane, feed, codec, signal, { hear, settings });
      };
      return await (held ? held.use((socket) => over(through(socket)), signal) : over(BY_ITSELF));
    } catch (error) {
      // What has been put there meanwhile, or just is, is not what this stream lost: two of them at once would mix their keys.
      if (this.arranged === arranged) {
        [this.arranged, this.lost] = [null, true];
        void arranged.then((held) => held?.close()).catch(() => undefined);
      }
      throw error;
    }
  }

  private async carryOnce(
    lane: Lane,
    feed: Feed,
    codec: Codec,
    signal: AbortSignal,
    { hear, settings }: { hear: Hear; settings: readonly string[] },
  ): Promise<CommandEnd> {
    const index = this.options.lanes.indexOf(lane);
    const compress = codec === 'none' ? [] : [COMPRESS[codec]];
    const ssh = ['sh', '-c', SPEAKS_APART, 'sh', ...this.ssh(`receive ${index} ${codec}`, settings)];
    const command = { pipeline: [lane.read, ...compress, ssh] };
    const running = await this.options.source.stream(command, { signal });
    running.stdout.on('data', hear);
    const [fed, done] = await Promise.allSettled([feedTo(running, feed), running.done]);
    if (done.status === 'rejected') throw done.reason;
    // Whoever stops asking ends the stream by that.
    if (fed.status === 'rejected') throw fed.reason;
    const { exitCode, stderr, stderrCut } = done.value;
    const lines = stderr.split('\n');
    const ofTarget = lines.filter((line) => line.startsWith(TARGET_SAID)).map((line) => line.slice(TARGET_SAID.length));
    const ofSource = lines.filter((line) => !line.startsWith(TARGET_SAID) && !WAS_ALONE.test(line)).join('\n');
    // The target has failed because of that, unless by itself.
    if (exitCode > 2 && /Input\/output error/.test(ofSource) && !isOfTarget(ofTarget.join('\n')))
      return { exitCode: UNREADABLE, stderr: ofSource, stderrCut };
    if (exitCode === TARGET_FAILED) throw transferError('target', exitCode, ofTarget.join('\n'));
    if (exitCode > 2) throw transferError('source', exitCode, ofSource);
    if (!lines.includes(RECEIVED)) throw transferError('target', exitCode, ofSource || 'It did not say that all was written.');
    return { exitCode, stderr: ofSource, stderrCut };
  }

  /**
   * Takes the key away at both ends, as far as they answer; also after an abort. What is being put there comes to its end before: else it would put
   * the key back.
   */
  close(): Promise<void> {
    this.over.abort(transferError('source', 0, 'The way was given up.'));
    return (this.closing ??= this.withdraw().catch(() => void (this.closing = null)));
  }

  private async withdraw(): Promise<void> {
    const held = await this.arranged?.catch(() => null);
    await held?.close();
    await withdrawKey(this.options);
  }

  /**
   * In four commands: the target's part, the source's with a first connection, what the target learnt by that, and a first try over it. Null: the target
   * lets one connection carry one thing only.
   */
  private async arrange(within: AbortSignal): Promise<HeldConnections | null> {
    const signal = AbortSignal.any([within, this.over.signal]);
    const { source, target, migrationId, sourceDirectory, targetDirectory, lanes, mark } = this.options;
    // A host that was started again has lost what it had in memory. Nothing else is touched: what is on a disk may be held still.
    const take = (host: HostSession, { path }: WorkDirectory) => lookAt(host, migrationId, signal, [posix.dirname(path)]);
    if (this.lost) await Promise.all([take(source, sourceDirectory), take(target, targetDirectory)]);
    const keys = utils.generateKeyPairSync('ed25519', { comment: directoryName(migrationId) });
    const script = `${targetDirectory.path}/receive`;
    const open = `${script}.${randomBytes(8).toString('hex')}`;
    const line = (from: string) => `restrict,${from}command="sh ${script}" ${keys.public}`;
    const arrange = ['sh', '-c', ARRANGE, 'sh', keyPattern(migrationId), line(''), script, this.asks ? 'asks' : ''];
    const stdin = receiveScript({ lanes, mark, directory: targetDirectory.path, open });
    const authorize = (within: AbortSignal) => target.run(arrange, { signal: within, stdin });
    const keep = (hostKeys: string, within: AbortSignal) =>
      source.run(['sh', '-c', KEEP, 'sh', sourceDirectory.path, hostKeys], { signal: within, stdin: keys.private });
    const { keyType, publicKey } = target.facts;
    if (this.asks) await keep(this.knownHosts((await authorize(signal)).stdout.toString('utf8')), signal);
    else await bothEnded(signal, authorize, (within) => keep(this.knownHosts(`${keyType} ${publicKey}`), within));
    const first = await this.hold(signal);
    let held: HeldConnections | null = null;
    try {
      const address = /^([0-9a-fA-F.:]+) \d+ /.exec(first.told)?.[1];
      if (address === undefined) throw transferError('target', 0, 'The address of the source was not told.');
      const opening = ['sh', '-c', OPEN, 'sh', keyPattern(migrationId), line(`from="${address}",`), open];
      const [tried] = await bothEnded(
        signal,
        (within) => this.probe(through(first.socket), within),
        (within) => target.run(opening, { signal: within }),
      );
      // Where a connection may carry one thing only, ssh makes another one for the second.
      if (tried.exitCode === 0 && tried.stdout.toString('utf8').trim() === first.told)
        held = new HeldConnections(first, (within) => this.hold(AbortSignal.any([within, this.over.signal])));
      const { exitCode, stderr } = held ? tried : await this.probe(BY_ITSELF, signal);
      // What the target's shell says as it starts would be taken for complaints about files.
      if (exitCode !== 0 || stderr.trim() !== '') throw transferError('target', exitCode, stderr);
      if (!held) await first.close();
      return held;
    } catch (error) {
      await first.close();
      throw error;
    }
  }

  private probe(settings: readonly string[], signal: AbortSignal): Promise<CommandResult> {
    return this.options.source.run(this.ssh('probe', settings), { signal, timeoutMs: 20_000, okCodes: ANY_CODE });
  }

  private hold(signal: AbortSignal): Promise<HeldConnection> {
    const socket = `${this.options.sourceDirectory.path}/${randomBytes(4).toString('hex')}`;
    const command = this.ssh('hold', ['ControlMaster=yes', 'ControlPersist=no', `ControlPath=${socket}`]);
    return HeldConnection.open(this.options.source, command, socket, signal);
  }

  /** Host keys of the target, as it told them over a connection whose key was checked, for the source's ssh. */
  private knownHosts(hostKeys: string): string {
    const { host, port } = this.options.location;
    const name = port === 22 ? host : `[${host}]:${port}`;
    const keys = hostKeys.split('\n').filter((line) => /^\S+ \S+/.test(line));
    return keys.map((line) => `${name} ${line.split(' ').slice(0, 2).join(' ')}\n`).join('');
  }

  private ssh(command: string, control: readonly string[]): string[] {
    const { location, sourceDirectory } = this.options;
    const settings = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${sourceDirectory.path}/known_hosts`,
      'GlobalKnownHostsFile=/dev/null',
      'ConnectTimeout=10',
      'ServerAliveInterval=15',
      'ServerAliveCountMax=4',
      'Compression=no',
      ...control,
      // Failures alone: what the target tells everybody who signs in, and what a newer ssh thinks of its algorithms, are no complaints about files.
      'LogLevel=ERROR',
      // With AES in hardware a third of the time that OpenSSH's first choice takes.
      'Ciphers=aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr',
    ];
    const options = settings.flatMap((setting) => ['-o', setting]);
    const address = ['-p', String(location.port), '-l', location.user, '--', location.host];
    return ['ssh', '-F', '/dev/null', '-T', '-i', `${sourceDirectory.path}/key`, ...options, ...address, command];
  }
}

const ANY_CODE = Array.from({ length: 256 }, (_, code) => code);

/** Of the source's ssh: on a connection of its own, and over one that is held. */
const BY_ITSELF = ['ControlPath=none'];
const through = (socket: string): string[] => ['ControlMaster=no', `ControlPath=${socket}`];
