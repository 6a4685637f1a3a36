import { quote } from '../session/quote';
import { WORK_VARIABLE } from '../session/work-mark';
import { DECOMPRESS, type Codec, type Lane } from './carrier';
import { ALONE } from './migration-key';

/** Marks what the target's writer said in the stderr of the source's ssh, and how that ends then. */
export const TARGET_SAID = 'smartant-target: ';
export const TARGET_FAILED = 99;
/** The target's word that all was written. Else whatever the key starts (nothing yet, or the script of another time) would pass for a writer. */
export const RECEIVED = `${TARGET_SAID}received`;

export interface ReceiveOptions {
  lanes: readonly Lane[];
  /** In memory, at the target. */
  directory: string;
  mark: string;
  /** A file without which the key lets nobody carry anything. */
  open: string;
}

/** What the key may start: one command line for each lane and way of packing, and nothing with a parameter. */
export function receiveScript({ lanes, directory, mark, open }: ReceiveOptions): string {
  const cases = lanes.flatMap((lane, index) =>
    (Object.keys(DECOMPRESS) as Codec[]).map(
      (codec) => `'receive ${index} ${codec}') ${lane.write(codec).map(quote).join(' ')} 2>"$said" || failed=$?;;`,
    ),
  );
  return [
    `LC_ALL=C; PATH="$PATH:/usr/sbin:/sbin:/usr/bin:/bin"; ${WORK_VARIABLE}=${quote(mark)}; export LC_ALL PATH ${WORK_VARIABLE}`,
    `failed=0; said=${quote(directory)}/said.$$`,
    'case $SSH_ORIGINAL_COMMAND in',
    'hold) echo "$SSH_CONNECTION"; exec cat > /dev/null;;',
    'probe) echo "$SSH_CONNECTION"; exit 0;;',
    'esac',
    // Before it is known from where the key comes it is good for nothing else.
    `[ -e ${quote(open)} ] || exit ${TARGET_FAILED}`,
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

/** Puts a line ($2) in the place of those of a migration ($1): a copy takes the place of the file, as in `REVOKE`. */
const AUTHORIZE = `${ALONE}
if [ -f "$f" ]; then
  t=$(mktemp "$HOME/.ssh/.smartant-XXXXXX") && cp -a "$f" "$t" || exit 1
  grep -v -- "$1" "$f" > "$t"
  [ $? -le 1 ] && printf '%s\\n' "$2" >> "$t" && mv -f "$t" "$f" || { rm -f "$t"; exit 1; }
else printf '%s\\n' "$2" > "$f" || exit 1; fi`;

/**
 * Puts what the key may start into a file ($3), from stdin, lets the key in, and tells the host's keys where it is asked ($4). All of the file at once: a shell that still runs
 * the one before reads on in that, and would take a file that is cut off for the end of its work.
 */
export const ARRANGE = `${AUTHORIZE}
rm -f "$3".*
cat > "$3.new" && mv -f "$3.new" "$3" || exit 1
[ -z "$4" ] || for k in $(sshd -T 2>/dev/null | sed -n 's/^hostkey //p') /etc/ssh/ssh_host_*_key; do
  [ ! -r "$k.pub" ] || cat "$k.pub"
done | sort -u`;

/** From here on what the key may start ($3) may be started. */
export const OPEN = `${AUTHORIZE}
: > "$3"`;

/** Puts the key, from stdin, and the known hosts ($2) into a directory in memory ($1). */
export const KEEP = `umask 077
cat > "$1/key" && printf %s "$2" > "$1/known_hosts"`;

/**
 * Starts the source's ssh with a stderr of its own. It makes that one non-blocking, and tar, which has the same one else, would lose what it says of
 * files whenever that is heard more slowly than it speaks: a file of which no complaint is heard counts as carried.
 */
export const SPEAKS_APART = `exec 4>&1
s=$( { { "$@" 2>&1 >&4 3>&- 4>&-; echo $? >&3; } | cat >&2 3>&- 4>&-; } 3>&1 )
exit "\${s:-137}"`;
