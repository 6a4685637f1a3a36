import { posix } from 'node:path';
import { utils } from 'ssh2';
import type { SshLocation } from '@smartant/connectors';
import { quote } from '../session/quote';
import type { CommandEnd, HostSession } from '../session/host-session';
import { WORK_VARIABLE } from '../session/work-mark';
import { COMPRESS, DECOMPRESS, feedTo, isOfTarget, unheard, type Carrier, type Codec, type Feed, type Hear, type Lane } from './carrier';
import { transferError } from './tar-commands';
import { lookAt } from './host-facts';
import { ALONE, keyPattern, withdrawKey } from './migration-key';
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

/** Marks what the target's writer said in the stderr of the source's ssh, and how that ends then. */
const TARGET_SAID = 'smartant-target: ';
const TARGET_FAILED = 99;
/** The target's word that all was written. Else whatever the key starts (nothing yet, or the script of another time) would pass for a writer. */
const RECEIVED = 'smartant-target: received';
/** Of a reader whose disk is broken, as it is where we relay it. */
const UNREADABLE = 4;
const TRIES = 2;

/**
 * From the source's own ssh into the target's sshd, with a key made for this: its private half is at the source in memory only, and the
 * target takes it for the commands of one script and from one address.
 */
export class DirectPath implements Carrier {
  readonly kind = 'direct';

  /** The key and what it may start, at both ends; null: to be put there (again), because an end may have lost what it had in memory. */
  private arranged: Promise<void> | null = null;
  private lost = false;
  private readonly over = new AbortController();
  private closing: Promise<void> | null = null;

  private constructor(private readonly options: DirectOptions) {}

  /** Tries it really, twice: what is decided here holds for a round. Rejects where the two do not reach each other; nothing is left behind then. */
  static async open(options: DirectOptions, signal: AbortSignal): Promise<DirectPath> {
    for (let tries = 1; ; tries += 1) {
      const path = new DirectPath(options);
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
      await arranged;
      return await this.carryOnce(lane, feed, codec, signal, hear);
    } catch (error) {
      // What has been put there meanwhile, or just is, is not what this stream lost: two of them at once would mix their keys.
      if (this.arranged === arranged) [this.arranged, this.lost] = [null, true];
      throw error;
    }
  }

  private async carryOnce(lane: Lane, feed: Feed, codec: Codec, signal: AbortSignal, hear: Hear): Promise<CommandEnd> {
    const index = this.options.lanes.indexOf(lane);
    const compress = codec === 'none' ? [] : [COMPRESS[codec]];
    const command = { pipeline: [lane.read, ...compress, this.ssh(`receive ${index} ${codec}`)] };
    const running = await this.options.source.stream(command, { signal });
    running.stdout.on('data', hear);
    const [fed, done] = await Promise.allSettled([feedTo(running, feed), running.done]);
    if (done.status === 'rejected') throw done.reason;
    // Whoever stops asking ends the stream by that.
    if (fed.status === 'rejected') throw fed.reason;
    const { exitCode, stderr, stderrCut } = done.value;
    const lines = stderr.split('\n');
    const ofTarget = lines.filter((line) => line.startsWith(TARGET_SAID)).map((line) => line.slice(TARGET_SAID.length));
    const ofSource = lines.filter((line) => !line.startsWith(TARGET_SAID)).join('\n');
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
    await this.arranged?.catch(() => undefined);
    await withdrawKey(this.options);
  }

  /** In three commands: the target's part, the source's with a first connection, and what the target learnt by that. */
  private async arrange(within: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([within, this.over.signal]);
    const { source, target, migrationId, sourceDirectory, targetDirectory } = this.options;
    // A host that was started again has lost what it had in memory. Nothing else is touched: what is on a disk may be held still.
    const take = (host: HostSession, { path }: WorkDirectory) => lookAt(host, migrationId, signal, [posix.dirname(path)]);
    if (this.lost) await Promise.all([take(source, sourceDirectory), take(target, targetDirectory)]);
    const keys = utils.generateKeyPairSync('ed25519', { comment: directoryName(migrationId) });
    const script = `${targetDirectory.path}/receive`;
    // The first time the key is good for nothing but telling from where it comes, as the target sees it.
    // A stream of before, which still connects and reads the new key, must not be taken for one that was received.
    const asking = `restrict,command="[ \\"$SSH_ORIGINAL_COMMAND\\" = probe ] && echo $SSH_CONNECTION || exit ${TARGET_FAILED}" ${keys.public}`;
    const arranged = ['sh', '-c', ARRANGE, 'sh', keyPattern(migrationId), asking, script];
    const { stdout: hostKeys } = await target.run(arranged, { signal, stdin: this.receiveScript() });
    const knownHosts = this.knownHosts(hostKeys.toString('utf8'));
    const probe = ['sh', '-c', PROBE, 'sh', sourceDirectory.path, knownHosts, ...this.ssh('probe')];
    const { stdout, stderr } = await source.run(probe, { signal, stdin: keys.private, timeoutMs: 20_000 });
    // What the target's shell says as it starts would be taken for complaints about files.
    if (stderr.trim() !== '') throw transferError('target', 0, stderr);
    const address = /^([0-9a-fA-F.:]+) \d+ /.exec(stdout.toString('utf8'))?.[1];
    if (address === undefined) throw transferError('target', 0, 'The address of the source was not told.');
    const receiving = `restrict,from="${address}",command="sh ${script}" ${keys.public}`;
    await target.run(['sh', '-c', AUTHORIZE, 'sh', keyPattern(migrationId), receiving], { signal });
  }

  /** The target's own host keys, as it told them over a connection whose key was checked, for the source's ssh. */
  private knownHosts(hostKeys: string): string {
    const { host, port } = this.options.location;
    const name = port === 22 ? host : `[${host}]:${port}`;
    const keys = hostKeys.split('\n').filter((line) => /^\S+ \S+/.test(line));
    return keys.map((line) => `${name} ${line.split(' ').slice(0, 2).join(' ')}\n`).join('');
  }

  private ssh(command: string): string[] {
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
      'ControlPath=none',
      // Failures alone: what the target tells everybody who signs in, and what a newer ssh thinks of its algorithms, are no complaints about files.
      'LogLevel=ERROR',
      // With AES in hardware a third of the time that OpenSSH's first choice takes.
      'Ciphers=aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr',
    ];
    const options = settings.flatMap((setting) => ['-o', setting]);
    const address = ['-p', String(location.port), '-l', location.user, '--', location.host];
    return ['ssh', '-F', '/dev/null', '-T', '-i', `${sourceDirectory.path}/key`, ...options, ...address, command];
  }

  /** What the key may start: one command line for each lane and way of packing, and nothing with a parameter. */
  private receiveScript(): string {
    const { lanes, targetDirectory, mark } = this.options;
    const cases = lanes.flatMap((lane, index) =>
      (Object.keys(DECOMPRESS) as Codec[]).map(
        (codec) => `'receive ${index} ${codec}') ${lane.write(codec).map(quote).join(' ')} 2>"$said" || failed=$?;;`,
      ),
    );
    return [
      `LC_ALL=C; PATH="$PATH:/usr/sbin:/sbin:/usr/bin:/bin"; ${WORK_VARIABLE}=${quote(mark)}; export LC_ALL PATH ${WORK_VARIABLE}`,
      `failed=0; said=${quote(targetDirectory.path)}/said.$$`,
      'case $SSH_ORIGINAL_COMMAND in',
      ...cases,
      `*) exit ${TARGET_FAILED};;`,
      'esac',
      `if [ "$failed" != 0 ]; then tail -c 4000 "$said" | sed 's/^/${TARGET_SAID}/' >&2; failed=${TARGET_FAILED}; else echo '${RECEIVED}' >&2; fi`,
      'rm -f "$said"',
      'exit "$failed"',
      '',
    ].join('\n');
  }
}

/** Puts a line ($2) in the place of those of a migration ($1): a copy takes the place of the file, as in `REVOKE`. */
const AUTHORIZE = `${ALONE}
if [ -f "$f" ]; then
  t=$(mktemp "$HOME/.ssh/.smartant-XXXXXX") && cp -a "$f" "$t" || exit 1
  grep -v -- "$1" "$f" > "$t"
  [ $? -le 1 ] && printf '%s\\n' "$2" >> "$t" && mv -f "$t" "$f" || { rm -f "$t"; exit 1; }
else printf '%s\\n' "$2" > "$f" || exit 1; fi`;

/**
 * Puts what the key may start into a file ($3), from stdin, lets the key in, and tells the host's keys. All of the file at once: a shell that still runs
 * the one before reads on in that, and would take a file that is cut off for the end of its work.
 */
const ARRANGE = `${AUTHORIZE}
cat > "$3.new" && mv -f "$3.new" "$3" || exit 1
for k in $(sshd -T 2>/dev/null | sed -n 's/^hostkey //p') /etc/ssh/ssh_host_*_key; do
  [ ! -r "$k.pub" ] || cat "$k.pub"
done | sort -u`;

/** Puts the key, from stdin, and the known hosts ($2) into a directory in memory ($1), and runs the rest. */
const PROBE = `umask 077; d=$1
cat > "$d/key" && printf %s "$2" > "$d/known_hosts" || exit 1
shift 2; exec "$@" < /dev/null`;
