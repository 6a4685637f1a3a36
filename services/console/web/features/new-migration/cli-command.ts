import { shellWord } from './shell-words';
import type { Calendar, Cutover, DatabaseScope, HostScope, Limits, Plan, StorageScope } from './plan';

export interface CliCommand {
  text: string;
  /** Fields of the specification that `smartant migrate` has no option for: the manifest has them. */
  missing: string[];
}

type Words = (string | undefined)[];
type Options<T> = { [Name in keyof T]-?: (value: NonNullable<T[Name]>) => Words | null };

const each = (option: string) => (values: readonly string[]) => values.flatMap((value) => [option, value]);
const value = (option: string) => (text: string | number) => [option, String(text)];
const size = (option: string) => (bytes: number) => [option, `${bytes}B`];
const flag = (option: string, when: unknown) => (given: unknown) => (given === when ? [option] : []);
const pairs = (option: string) => (all: readonly { from: string; to: string }[]) =>
  all.flatMap(({ from, to }) => [option, `${from}=${to}`]);
/** Only the API and manifests have it. */
const none = () => null;

const STORAGE: Options<StorageScope> = {
  include: each('--include'),
  exclude: each('--exclude'),
  filesFrom: none,
  minSizeBytes: size('--min-size'),
  maxSizeBytes: size('--max-size'),
  deletePolicy: (policy) => [policy === 'propagate' ? '--delete' : '--no-delete'],
  maxDeletes: value('--max-delete'),
  symlinks: none,
  directoryMarkers: none,
  verify: value('--verify'),
  quarantineCap: none,
  partSizeBytes: none,
};

const DATABASE: Options<DatabaseScope> = {
  includeSchemas: each('--schema'),
  excludeSchemas: each('--exclude-schema'),
  includeTables: each('--table'),
  excludeTables: each('--exclude-table'),
  rows: (rows) => rows.flatMap(({ table, where }) => ['--where', `${table}=${where}`]),
  renames: pairs('--rename'),
  tablespaces: pairs('--tablespace'),
  columns: none,
  mode: flag('--snapshot-only', 'snapshot'),
  targetPolicy: value('--if-exists'),
  largeObjects: flag('--no-large-objects', false),
  roles: flag('--with-roles', true),
  tableJobs: none,
  indexJobs: none,
  verify: value('--verify'),
  quarantineCap: none,
  reverse: flag('--no-reverse', false),
  maxRetainedWalBytes: size('--max-retained-wal'),
};

const HOST: Options<HostScope> = {
  engine: value('--engine'),
  exclude: each('--exclude'),
  excludeMounts: each('--exclude-mount'),
  layout: none,
  sizes: (sizes) => sizes.flatMap(({ mount, sizeBytes }) => ['--size', `${mount}=${sizeBytes}B`]),
  confirmedDisks: each('--confirm-disk'),
  targetDirectory: value('--target-directory'),
  imageBytes: size('--image-size'),
  stopServices: each('--stop-service'),
  sourceAfter: value('--source-after'),
  network: none,
  machineId: flag('--keep-machine-id', 'keep'),
  sshHostKeys: flag('--new-host-keys', 'new'),
  hostname: value('--hostname'),
  disableGuestTools: none,
  serialConsole: none,
  takeOverTarget: flag('--take-over', true),
  actions: none,
  probes: none,
  verify: value('--verify'),
  compress: none,
  direct: flag('--no-direct', 'never'),
  streams: value('--streams'),
  quarantineCap: none,
};

const LIMITS: Options<Limits> = {
  bytesPerSecond: size('--bwlimit'),
  requestsPerSecond: value('--tpslimit'),
  concurrency: value('--transfers'),
  calendar: calendarWords,
};

/** The same migration by `smartant migrate`, a line an option. */
export function cliCommandOf({ name, source, target, spec }: Plan): CliCommand {
  const scope =
    spec.kind === 'storage'
      ? wordsOf('storage', spec.storage, STORAGE)
      : spec.kind === 'database'
        ? wordsOf('database', spec.database, DATABASE)
        : wordsOf('host', spec.host, HOST);
  const limits = wordsOf('limits', spec.limits, LIMITS);
  const cutover = cutoverWords(spec.cutover ?? {});
  const options = [
    ...(name.trim() === '' ? [] : [['--name', name.trim()]]),
    ...scope.lines,
    ...limits.lines,
    ...(spec.priority === undefined ? [] : [['--priority', String(spec.priority)]]),
    ...(cutover ?? []),
  ];
  const interval =
    'incrementalIntervalSeconds' in spec && spec.incrementalIntervalSeconds !== undefined ? ['incrementalIntervalSeconds'] : [];
  return {
    text: [['smartant', 'migrate', source, target], ...options].map((words) => words.map(shellWord).join(' ')).join(' \\\n  '),
    missing: [...scope.missing, ...limits.missing, ...(cutover === null ? ['cutover'] : []), ...interval],
  };
}

function wordsOf<T extends object>(root: string, given: T | undefined, options: Options<T>): { lines: string[][]; missing: string[] } {
  const lines: string[][] = [];
  const missing: string[] = [];
  for (const [name, field] of Object.entries(given ?? {})) {
    if (field === undefined || field === null) continue;
    const words = (options as Record<string, (value: unknown) => Words | null>)[name]?.(field) ?? null;
    if (words === null) missing.push(`${root}.${name}`);
    else lines.push(...linesOf(words.filter((word) => word !== undefined)));
  }
  return { lines, missing };
}

/** An option and its value on one line. */
function linesOf(words: string[]): string[][] {
  const lines: string[][] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (word.startsWith('--') && (!last || last.length > 0)) lines.push([word]);
    else last?.push(word);
  }
  return lines;
}

/** Null where no option says so. `--yes` would also be somebody's word that the source is frozen. */
function cutoverWords({ mode = 'manual', finalize = 'manual', sourceFrozen = false }: Cutover): string[][] | null {
  if (mode === 'automatic' && finalize === 'automatic' && sourceFrozen) return [['--yes']];
  if (mode === 'automatic' || finalize === 'automatic') return null;
  return sourceFrozen ? [['--frozen']] : [];
}

function calendarWords({ timeZone, windows, outside }: Calendar): Words | null {
  if (windows.some(({ limits }) => limits && !isBandwidth(limits))) return null;
  if (outside !== undefined && outside !== 'stop' && !isBandwidth(outside)) return null;
  return [
    ...windows.flatMap(({ days, from, to, limits }) => [
      '--window',
      [days.join(','), `${from}-${to}`, ...(limits?.bytesPerSecond ? [`${limits.bytesPerSecond}B`] : [])].join(' '),
    ]),
    '--time-zone',
    timeZone,
    ...(outside === undefined || outside === 'stop' ? [] : ['--outside', `${outside.bytesPerSecond ?? 0}B`]),
  ];
}

/** Other limits of a window have no option. */
const isBandwidth = ({ requestsPerSecond = 0, concurrency = 0 }: { requestsPerSecond?: number; concurrency?: number }) =>
  requestsPerSecond === 0 && concurrency === 0;
