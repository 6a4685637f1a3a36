/**
 * Runs a program at the target in a mount namespace of its own, where everything but the target's root is read-only. A user of the source
 * can turn a directory into a symbolic link while it is copied, and a later file would follow it into the system that the target runs: then
 * it ends in an error instead. `stage`: an empty directory of ours; there the root is put together.
 */
const SCRIPT = `set -e
stage=$1; root=$2; shift 2
cd -- "$root"
mount --bind / "$stage"
if [ ! -d "$stage$root" ]; then
  top=\${root#/}; top=/\${top%%/*}
  mount -t tmpfs -o mode=0755 none "$stage$top"
  mkdir -p "$stage$root"
fi
mount -t tmpfs -o mode=0755 none "$stage/dev"
: > "$stage/dev/null"
mount --bind /dev/null "$stage/dev/null"
mount -o remount,bind,ro "$stage"
mount --rbind . "$stage$root"
exec chroot "$stage" sh -c 'cd -- "$1"; shift; exec "$@"' sh "$PWD" "$@"`;

/** How programs that write below the target's root are started: `argv` is run in `root`. */
export type Confine = (argv: readonly string[]) => string[];

export function confineTo(stage: string, root: string): Confine {
  return (argv) => ['unshare', '--mount', 'sh', '-c', SCRIPT, 'sh', stage, root, ...argv];
}

/** Where there is no right to a namespace: a container at the target. */
export function unconfined(root: string): Confine {
  return (argv) => ['sh', '-c', 'cd -- "$1"; shift; exec "$@"', 'sh', root, ...argv];
}

/** Found out when it is asked for, once; what is to be confined before that is a bug. */
export class Confinement {
  private chosen: Confine | null = null;
  private choosing: Promise<Confine> | null = null;

  constructor(private readonly choose: () => Promise<Confine>) {}

  /** A failure is found again by whoever asks next. */
  async ready(): Promise<Confine> {
    this.choosing ??= this.choose();
    try {
      return (this.chosen = await this.choosing);
    } catch (error) {
      this.choosing = null;
      throw error;
    }
  }

  readonly confine: Confine = (argv) => {
    if (!this.chosen) throw new Error('What writes at the target is not prepared.');
    return this.chosen(argv);
  };
}
