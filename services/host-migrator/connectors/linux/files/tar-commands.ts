import { SmartantError } from '@smartant/kernel';

/** In 64 KiB, as much as a pipe holds: with the 10 KiB of its own accord a tar spends a fifth of its time on reads and writes. */
const RECORD = '--blocking-factor=128';

/** What a source's tar is asked for: PAX headers carry nanoseconds, xattrs (capabilities and SELinux labels are such) and ACLs. */
export function createCommand(directory: string): string[] {
  return [
    'tar',
    '--create',
    '--file=-',
    RECORD,
    `--directory=${directory}`,
    '--null',
    '--no-recursion',
    '--files-from=-',
    '--format=posix',
    // Neither can be set at the target, and they would make a second header for each file.
    '--pax-option=delete=atime,delete=ctime',
    '--sparse',
    '--xattrs',
    '--xattrs-include=*',
    '--acls',
    '--numeric-owner',
    '--ignore-failed-read',
    '--quoting-style=escape',
  ];
}

/** A tar ends at the end of its archive, perhaps before that of its stream: whoever still writes then would take that for a failure. */
const TO_THE_END = ['sh', '-c', '"$@" && exec cat > /dev/null', 'sh'];

/** `plain`: the filesystem knows no owners, modes and attributes. `decompress`: a program with arguments, or empty. */
export function extractCommand(directory: string, options: { plain: boolean; decompress: string }): string[] {
  const owners = ['--numeric-owner', '--same-owner', '--same-permissions', '--xattrs', '--xattrs-include=*', '--acls'];
  return [
    ...TO_THE_END,
    'tar',
    '--extract',
    '--file=-',
    RECORD,
    `--directory=${directory}`,
    '--quoting-style=escape',
    ...(options.decompress === '' ? [] : [`--use-compress-program=${options.decompress}`]),
    ...(options.plain ? ['--no-same-owner', '--no-same-permissions'] : owners),
  ];
}

/** What a tar told about the files of its list. Names as tar escapes them. */
export interface TarComplaints {
  /** Gone, or changed while they were read: the next round finds them. */
  vanished: string[];
  changed: string[];
  /** They are there and cannot be read. */
  unreadable: { name: string; reason: string }[];
  /** Lines of another kind: the stream is not to be trusted. */
  other: string[];
}

const NEVER_MIND = [
  /: socket ignored$/,
  /^tar: Exiting with failure status due to previous errors$/,
  /: time stamp .* in the future$/,
  /: implausibly old time stamp/,
  /^tar: Removing leading/,
  /: Warning: Cannot (?:llistxattr|lgetxattr|acl_)/,
];
const VANISHED =
  /^tar: (.*?): (?:Warning: )?(?:Cannot (?:stat|open|savedir|opendir): No such file or directory|File removed before we read it)$/;
const CHANGED = /^tar: (.*?): (?:file changed as we read it|File shrank by .*)$/;
const UNREADABLE =
  /^tar: (.*?): (?:Warning: )?((?:Cannot (?:stat|open|read|opendir|savedir|readlink)|Read error at byte \d+, while reading \d+ bytes): .*)$/;

/** Reads what a source's tar wrote to stderr. */
export function readComplaints(stderr: string): TarComplaints {
  const complaints: TarComplaints = { vanished: [], changed: [], unreadable: [], other: [] };
  for (const line of stderr.split('\n')) {
    const vanished = VANISHED.exec(line)?.[1];
    const changed = CHANGED.exec(line)?.[1];
    const [, unreadable, reason = ''] = UNREADABLE.exec(line) ?? [];
    if (vanished !== undefined) complaints.vanished.push(vanished);
    else if (changed !== undefined) complaints.changed.push(changed);
    else if (unreadable !== undefined) complaints.unreadable.push({ name: unreadable, reason });
    else if (line !== '' && !NEVER_MIND.some((pattern) => pattern.test(line))) complaints.other.push(line);
  }
  return complaints;
}

/** A name as `--quoting-style=escape` writes it, as bytes. */
export function unescapeName(name: string): string {
  return Buffer.from(name, 'utf8')
    .toString('latin1')
    .replace(/\\(?:([0-7]{3})|(.))/gs, (_, octal: string | undefined, letter = '') =>
      octal === undefined ? (ESCAPES[letter as string] ?? (letter as string)) : String.fromCharCode(parseInt(octal, 8)),
    );
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** Why an end of a transfer failed; codes by what its program said under LC_ALL=C. */
export function transferError(side: 'source' | 'target', exitCode: number, stderr: string): SmartantError {
  const details = { side, exitCode: String(exitCode), stderr: stderr.slice(-2_000) };
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    return new SmartantError('HOST_TARGET_FULL', 'A filesystem of the target is full.', {
      kind: 'precondition',
      hint: 'Give the filesystem more room in the layout, or leave directories out, and try again: what is there is not carried twice.',
      details,
    });
  }
  if (/Read-only file system/.test(stderr) && side === 'target') {
    return new SmartantError('HOST_TARGET_READ_ONLY', 'The target cannot be written to: a filesystem is mounted read-only.', {
      kind: 'precondition',
      hint: 'Look at its kernel log: a filesystem with errors is remounted read-only.',
      details,
    });
  }
  return new SmartantError('HOST_TRANSFER_FAILED', `Data could not be carried: the ${side} ended its stream too early.`, {
    kind: 'unavailable',
    hint: 'It is tried again on a new connection. If it stays, look at the transcript.',
    details,
  });
}
