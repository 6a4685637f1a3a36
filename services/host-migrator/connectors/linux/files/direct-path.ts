import { utils } from 'ssh2';
import type { SshLocation } from '@smartant/connectors';
import { quote } from '../session/quote';
import type { HostSession } from '../session/host-session';
import { WORK_VARIABLE } from '../session/work-mark';
import { COMPRESS, DECOMPRESS, feedTo, type Carrier, type Codec, type Feed, type Lane } from './carrier';
import { transferError } from './tar-commands';
import { directoryName, takeWorkDirectories, type WorkDirectory } from './work-directory';

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
const TRIES = 2;

/**
 * From the source's own ssh into the target's sshd, with a key made for this: its private half is at the source in memory only, and the
 * target takes it for the commands of one script and from one address.
 */
export class DirectPath implements Carrier {
  readonly kind = 'direct';

  /** The key and what it may start, at both ends; null: to be put there (again), because an end may have lost what it had in memory. */
  private arranged: Promise<void> | null = null;

  private constructor(private readonly options: DirectOptions) {}

  /** Tries it really, twice: what is decided here holds for a whole round. Rejects where the two do not reach each other; nothing is left behind then. */
  static async open(options: DirectOptions, signal: AbortSignal): Promise<DirectPath> {
    for (let tries = 1; ; tries += 1) {
      const path = new DirectPath(options);
      try {
        await (path.arranged = path.arrange(signal));
        return path;
      } catch (error) {
        await path.close(signal).catch(() => undefined);
        if (tries === TRIES || signal.aborted) throw error;
      }
    }
  }

  async carry(lane: Lane, feed: Feed, codec: Codec, signal: AbortSignal): Promise<{ stderr: string; exitCode: number }> {
    try {
      await (this.arranged ??= this.arrange(signal));
      return await this.carryOnce(lane, feed, codec, signal);
    } catch (error) {
      this.arranged = null;
      throw error;
    }
  }

  private async carryOnce(lane: Lane, feed: Feed, codec: Codec, signal: AbortSignal): Promise<{ stderr: string; exitCode: number }> {
    const index = this.options.lanes.indexOf(lane);
    const compress = codec === 'none' ? [] : [COMPRESS[codec]];
    const command = { pipeline: [lane.read, ...compress, this.ssh(`receive ${index} ${codec}`)] };
    const running = await this.options.source.stream(command, { signal });
    running.stdout.resume();
    const [fed, done] = await Promise.allSettled([feedTo(running, feed), running.done]);
    if (done.status === 'rejected') throw done.reason;
    const { exitCode, stderr } = done.value;
    const lines = stderr.split('\n');
    const ofTarget = lines.filter((line) => line.startsWith(TARGET_SAID)).map((line) => line.slice(TARGET_SAID.length));
    const ofSource = lines.filter((line) => !line.startsWith(TARGET_SAID)).join('\n');
    if (exitCode === TARGET_FAILED) throw transferError('target', exitCode, ofTarget.join('\n'));
    if (exitCode > 2) throw transferError('source', exitCode, ofSource);
    if (fed.status === 'rejected') throw fed.reason;
    return { exitCode, stderr: ofSource };
  }

  /** Takes the key away at both ends. */
  async close(signal: AbortSignal): Promise<void> {
    await Promise.all([revokeKey(this.options.target, this.options.migrationId, signal), this.removeKey(signal)]);
  }

  private async arrange(signal: AbortSignal): Promise<void> {
    const { source, target, migrationId, sourceDirectory, targetDirectory } = this.options;
    // A host that was started again has lost what it had in memory.
    await Promise.all([takeWorkDirectories(source, migrationId, signal), takeWorkDirectories(target, migrationId, signal)]);
    const keys = utils.generateKeyPairSync('ed25519', { comment: directoryName(migrationId) });
    const script = `${targetDirectory.path}/receive`;
    const knownHosts = await this.knownHosts(signal);
    await target.run(['sh', '-c', 'umask 077; cat > "$1"', 'sh', script], { signal, stdin: this.receiveScript() });
    await source.run(['sh', '-c', 'umask 077; cat > "$1"', 'sh', `${sourceDirectory.path}/key`], { signal, stdin: keys.private });
    await source.run(['sh', '-c', 'umask 077; cat > "$1"', 'sh', `${sourceDirectory.path}/known_hosts`], { signal, stdin: knownHosts });
    // The first time the key is good for nothing but telling from where it comes, as the target sees it.
    await this.authorize(`restrict,command="echo $SSH_CONNECTION" ${keys.public}`, signal);
    const { stdout } = await source.run(this.ssh('probe'), { signal, timeoutMs: 20_000 });
    const address = /^([0-9a-fA-F.:]+) \d+ /.exec(stdout.toString('utf8'))?.[1];
    if (address === undefined) throw transferError('target', 0, 'The address of the source was not told.');
    await this.authorize(`restrict,from="${address}",command="sh ${script}" ${keys.public}`, signal);
    await source.run(this.ssh('probe'), { signal, timeoutMs: 20_000 });
  }

  private async authorize(line: string, signal: AbortSignal): Promise<void> {
    await revokeKey(this.options.target, this.options.migrationId, signal);
    await this.options.target.run(['sh', '-c', AUTHORIZE], { signal, stdin: `${line}\n` });
  }

  private async removeKey(signal: AbortSignal): Promise<void> {
    const { path } = this.options.sourceDirectory;
    await this.options.source.run(['rm', '-f', `${path}/key`, `${path}/known_hosts`], { signal });
  }

  /** The target's own host keys, as it tells them over a connection whose key was checked. */
  private async knownHosts(signal: AbortSignal): Promise<string> {
    const { host, port } = this.options.location;
    const { stdout } = await this.options.target.run(['sh', '-c', HOST_KEYS], { signal });
    const name = port === 22 ? host : `[${host}]:${port}`;
    const keys = stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => /^\S+ \S+/.test(line));
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
      'probe) exit 0;;',
      ...cases,
      '*) exit 1;;',
      'esac',
      `if [ "$failed" != 0 ]; then tail -c 4000 "$said" | sed 's/^/${TARGET_SAID}/' >&2; failed=${TARGET_FAILED}; fi`,
      'rm -f "$said"',
      'exit "$failed"',
      '',
    ].join('\n');
  }
}

/** Other migrations into this host change the same file: one at a time, by a lock on its folder, which leaves nothing behind. */
const ALONE = `umask 077; mkdir -p "$HOME/.ssh" || exit 1
f=$HOME/.ssh/authorized_keys; [ ! -L "$f" ] || f=$(readlink -f "$f")
exec 9< "$HOME/.ssh"; ! command -v flock > /dev/null || flock -w 60 9 || exit 1`;

const AUTHORIZE = `${ALONE}
{ [ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || echo >> "$f"; } && cat >> "$f"`;

const HOST_KEYS = `for k in $(sshd -T 2>/dev/null | sed -n 's/^hostkey //p') /etc/ssh/ssh_host_*_key; do
  [ ! -r "$k.pub" ] || cat "$k.pub"
done | sort -u`;

/**
 * Takes the line of a migration out of authorized_keys. What takes its place is a copy with its owner, mode and label, all at once: nobody is kept
 * out meanwhile, or for good by a crash.
 */
const REVOKE = `${ALONE}
[ -f "$f" ] && grep -q -- "$1" "$f" || exit 0
t=$(mktemp "$HOME/.ssh/.smartant-XXXXXX") && cp -a "$f" "$t" || exit 1
grep -v -- "$1" "$f" > "$t"
[ $? -le 1 ] && mv -f "$t" "$f" && exit 0
rm -f "$t"; exit 1`;

export async function revokeKey(target: HostSession, migrationId: string, signal: AbortSignal): Promise<void> {
  await target.run(['sh', '-c', REVOKE, 'sh', ` [.]${directoryName(migrationId).slice(1)}$`], { signal });
}
