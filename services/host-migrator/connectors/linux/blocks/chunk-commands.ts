import { DECOMPRESS, type Codec } from '../files/carrier';

/**
 * GNU's dd, which has a name of its own where that of uutils has its place (Ubuntu since 25.10): the buffer of the latter is not aligned, and the
 * kernel reads no disk into such a one past the page cache, but NVMe (github.com/uutils/coreutils/issues/12085).
 */
export const FIND_DD = 'dd=$(command -v gnudd) || dd=dd';

/**
 * Devices are read past the page cache: what it holds of a device says little of what the filesystem that is mounted from it has written
 * since. Numbers are bytes.
 */
const DIRECT_READ = '"$dd" if="$d" bs=4M iflag=direct,fullblock,skip_bytes,count_bytes skip="$o" count="$n" status=none';

/** As READ does it: from a place and of a length that are no multiples of a block of dd's. Tells which dd cannot read the device "$d", else nothing. */
export const TRY_READ = `o=65536 n=196608
[ "$(${DIRECT_READ} 2>/dev/null | wc -c)" -eq "$n" ] || { v=$("$dd" --version 2>/dev/null | head -n 1); echo "\${v:-dd}"; }`;

/** Takes lines of "offset length" and a last one of "end"; gives each line, and behind it what stands there. */
const READ = `d=$1; ${FIND_DD}
while read -r o n; do
  [ "$o" != end ] || { echo end; exit 0; }
  echo "$o $n"
  ${DIRECT_READ} || exit 4
done
exit 5`;

/**
 * Writes what READ gives to its place, past the page cache too: a target that is a rescue system has little memory, and what is cached is copied
 * once more and written all at once in the end. Tells the bytes of each range when it is written. It has succeeded only when the end was said: all is
 * on the disk then.
 */
const WRITE = `d=$1; ${FIND_DD}; shift
take() {
  while read -r o n; do
    case $o in
    end) "$dd" if=/dev/null of="$d" conv=notrunc,nocreat,fsync status=none; return ;;
    ''|*[!0-9]*) echo 'the stream is not what was sent' >&2; return 1 ;;
    esac
    "$dd" of="$d" bs=4M iflag=fullblock,count_bytes oflag=direct,seek_bytes seek="$o" count="$n" conv=notrunc,nocreat status=none || return
    echo "$n"
  done
  echo 'the stream ended too early' >&2
  return 1
}
if [ $# -gt 0 ]; then "$@" | take; else take; fi`;

/**
 * Takes lines of "offset length"; gives the SHA-256 of each, as the first word of a line. Where sha256sum does without libcrypto (Debian's does), the
 * openssl of the host takes a half of its time and less: with the instructions for it that most processors have, a quarter.
 */
const HASH = `d=$1; ${FIND_DD}; h=sha256sum
if [ "$(openssl dgst -sha256 -r </dev/null 2>/dev/null | cut -c 1-8)" = e3b0c442 ]; then
  ldd "$(command -v sha256sum)" 2>/dev/null | grep -q libcrypto || h='openssl dgst -sha256 -r'
fi
while read -r o n; do
  { ${DIRECT_READ} || echo failed >&2; } | $h || exit 4
done`;

export const readCommand = (device: string): string[] => ['sh', '-c', READ, 'sh', device];
export const hashCommand = (device: string): string[] => ['sh', '-c', HASH, 'sh', device];

export function writeCommand(device: string, codec: Codec): string[] {
  return ['sh', '-c', WRITE, 'sh', device, ...DECOMPRESS[codec].split(' ').filter(Boolean)];
}
