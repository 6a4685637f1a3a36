import { quote } from './quote';
import { argumentInvalid, commandTooLong } from './session-errors';

/** One program with its arguments, or a pipeline of several: every one must succeed. Quoted by `quote()` alone; LC_ALL=C always set. */
export type Command = readonly string[] | { pipeline: readonly (readonly string[])[] };

export interface LineOptions {
  /** Through `sudo`. `in-terminal`: of a sudoers file with `requiretty`. */
  sudo: 'no' | 'plain' | 'in-terminal';
  environment: Record<string, string>;
  /** Begins what the wrapper itself writes to stderr; random, so that no command can write it. */
  nonce: string;
}

/** Linux takes 128 KiB as one argument (MAX_ARG_STRLEN), and quoting in two layers may grow it. */
const LONGEST_BYTES = 100 * 1024;
const PATHS = '/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin';

/** As a person would type it: for the transcript and for messages. */
export function shownCommand(command: Command): string {
  return partsOf(command).map(wordsOf).join(' | ');
}

/** What sudo prints when it wants the password. */
export const askMarker = (nonce: string): string => `${nonce}?`;
/** What is printed, with the process group and a line end behind it, right before the command begins. */
export const startMarker = (nonce: string): string => `${nonce}+`;

/**
 * The line for the login shell of a user. It runs the command in a process group of its own, whose number it first writes to stderr, so that the
 * whole command can be ended from outside (sshd ends nothing when a connection breaks, and sudo may put its command elsewhere).
 */
export function commandLine(command: Command, options: LineOptions): string {
  const inner = [SH, '-c', LEAD, SH, body(command, options)].map(quote).join(' ');
  const line = `exec ${SH} -c ${quote(options.sudo === 'no' ? `exec ${inner}` : underSudo(inner, options))}`;
  if (Buffer.byteLength(line) > LONGEST_BYTES) throw commandTooLong(Buffer.byteLength(line));
  return line;
}

const SH = '/bin/sh';

/** Runs its argument as the leader of a process group: where it is none yet, `setsid` makes it one without a fork. */
const LEAD = ['read -r x x x x g x </proc/$$/stat', 'if [ "${g:-$$}" = "$$" ]; then eval "$1"; else exec setsid "$0" -c "$1"; fi'].join(
  '; ',
);

function underSudo(inner: string, { sudo, nonce }: LineOptions): string {
  const words = `exec sudo -S -p ${quote(askMarker(nonce))} -- ${inner}`;
  const prepared = `LC_ALL=C; PATH="$PATH:${PATHS}"; export LC_ALL PATH`;
  if (sudo === 'plain') return `${prepared}; ${words}`;
  // `script` gives it a terminal to have, while its streams stay our own: a terminal would change the bytes.
  const within = `${words} <&3 >&4 2>&5 3<&- 4>&- 5>&-`;
  return `${prepared}; SHELL=${SH}; export SHELL; exec 3<&0 4>&1 5>&2; exec script -qec ${quote(within)} /dev/null </dev/null >/dev/null 2>&1`;
}

function body(command: Command, { environment, nonce }: LineOptions): string {
  const parts = partsOf(command);
  const started = `echo ${quote(startMarker(nonce))}"$$" >&2`;
  const settings = [`LC_ALL=C; PATH="$PATH:${PATHS}"; export LC_ALL PATH`, ...Object.entries(environment).map(assignment), started];
  const [only] = parts;
  return [...settings, parts.length === 1 && only ? `exec ${wordsOf(only)}` : pipeline(parts)].join('; ');
}

/**
 * A pipeline in plain POSIX shell that fails when one of its parts does (`pipefail` is not everywhere): each part tells its status on
 * descriptor 3. The status is the last part's that failed, a broken pipe only where nothing else did.
 */
function pipeline(parts: readonly (readonly string[])[]): string {
  const told = parts.map((part, index) => {
    const last = index === parts.length - 1 ? ' >&4' : '';
    return `{ ${wordsOf(part)} 3>&- 4>&-; echo ${index}:$? >&3; }${last}`;
  });
  return [
    'exec 4>&1',
    `s=$( { ${told.join(' | ')}; } 3>&1 )`,
    'set -- $s',
    `r=0; p=0; m=-1; [ $# -eq ${parts.length} ] || p=137`,
    'for x; do i=${x%%:*}; c=${x#*:}; case $c in 0) ;; 141) p=141 ;; *) if [ "$i" -gt "$m" ]; then m=$i; r=$c; fi ;; esac; done',
    '[ "$r" != 0 ] || r=$p',
    'exit "$r"',
  ].join('; ');
}

function assignment([name, value]: [string, string]): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw argumentInvalid();
  return `${name}=${quote(value)}; export ${name}`;
}

const wordsOf = (words: readonly string[]): string => words.map(quote).join(' ');

function partsOf(command: Command): readonly (readonly string[])[] {
  const parts = 'pipeline' in command ? command.pipeline : [command];
  if (parts.length === 0 || parts.some(([program]) => !program || program.startsWith('-'))) throw argumentInvalid();
  return parts;
}
