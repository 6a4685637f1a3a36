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
  symlinks: flag('--copy-links', 'follow'),
  directoryMarkers: flag('--no-directory-markers', false),
  verify: value('--verify'),
  quarantineCap: value('--quarantine-cap'),
  partSizeBytes: size('--part-size'),
};

const DATABASE: Options<DatabaseScope> = {
  includeSchemas: each('--schema'),
  excludeSchemas: each('--exclude-schema'),
  includeTables: each('--table'),
  excludeTables: each('--exclude-table'),
  rows: (rows) => rows.flatMap(({ table, where }) => ['--where', `${table}=${where}`]),
  renames: pairs('--rename'),
  tablespaces: pairs('--tablespace'),
  columns: columnWords,
  mode: flag('--snapshot-only', 'snapshot'),
  targetPolicy: value('--if-exists'),
  largeObjects: flag('--no-large-objects', false),
  roles: flag('--with-roles', true),
  publications: flag('--with-publications', true),
  // One option for both, said by `jobsWords`.
  tableJobs: () => [],
  indexJobs: () => [],
  verify: value('--verify'),
  quarantineCap: value('--quarantine-cap'),
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
  network: (plans) => plans.flatMap((plan) => ['--network', networkWord(plan)]),
  machineId: flag('--keep-machine-id', 'keep'),
  sshHostKeys: flag('--new-host-keys', 'new'),
  hostname: value('--hostname'),
  disableGuestTools: flag('--keep-guest-tools', false),
  serialConsole: flag('--no-serial-console', false),
  takeOverTarget: flag('--take-over', true),
  // Each is a file on the machine where the command is run.
  actions: none,
  probes: probeWords,
  verify: value('--verify'),
  compress: value('--compress'),
  direct: flag('--no-direct', 'never'),
  streams: value('--streams'),
  quarantineCap: value('--quarantine-cap'),
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
  const jobs = spec.kind === 'database' ? jobsWords(spec.database ?? {}) : [];
  const options = [
    ...(name.trim() === '' ? [] : [['--name', name.trim()]]),
    ...scope.lines,
    ...(jobs ?? []),
    ...limits.lines,
    ...(spec.priority === undefined ? [] : [['--priority', String(spec.priority)]]),
    ...cutoverLines(spec.cutover ?? {}),
    ...('incrementalIntervalSeconds' in spec && spec.incrementalIntervalSeconds !== undefined
      ? [['--round-interval', `${spec.incrementalIntervalSeconds}s`]]
      : []),
  ];
  return {
    text: [['smartant', 'migrate', source, target], ...options].map((words) => words.map(shellWord).join(' ')).join(' \\\n  '),
    missing: [...scope.missing, ...(jobs === null ? ['database.tableJobs', 'database.indexJobs'] : []), ...limits.missing],
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

/** Null where tables and indexes differ: the command has one number for both. */
function jobsWords({ tableJobs = 0, indexJobs = 0 }: DatabaseScope): string[][] | null {
  if (tableJobs !== indexJobs) return null;
  return tableJobs === 0 ? [] : [['--jobs', String(tableJobs)]];
}

/** `--yes` says all three, but also follows the migration to its end. */
function cutoverLines({ mode, finalize, sourceFrozen }: Cutover): string[][] {
  return [
    ...(mode === 'automatic' ? [['--auto-cutover']] : []),
    ...(finalize === 'automatic' ? [['--auto-finalize']] : []),
    ...(sourceFrozen ? [['--frozen']] : []),
  ];
}

function columnWords(choices: NonNullable<DatabaseScope['columns']>): Words {
  return choices.flatMap(({ table, exclude = [], renames = [] }) => [
    ...exclude.flatMap((column) => ['--exclude-column', `${table}.${column}`]),
    ...renames.flatMap(({ from, to }) => ['--rename-column', `${table}.${from}=${to}`]),
  ]);
}

function networkWord({ source, mode, addresses = [], gateway, nameServers = [], mac }: NonNullable<HostScope['network']>[number]): string {
  if (mode !== 'static') return `${source}=${mode}`;
  const named = [gateway && `gateway=${gateway}`, ...nameServers.map((server) => `dns=${server}`), mac && `mac=${mac}`];
  return `${source}=${[...addresses, ...named.filter(Boolean)].join(',')}`;
}

/** Null where one says more than the option can. */
function probeWords(probes: NonNullable<HostScope['probes']>): Words | null {
  const words = probes.map(probeWord);
  return words.includes(null) ? null : words.flatMap((word) => ['--probe', word ?? undefined]);
}

function probeWord(probe: NonNullable<HostScope['probes']>[number]): string | null {
  const wait = probe.timeoutMs === undefined ? '' : `@${probe.timeoutMs}ms`;
  switch (probe.kind) {
    case 'ssh':
      return `ssh${wait}`;
    case 'tcp':
      return `tcp:${probe.port}${wait}`;
    case 'mount':
      return `mount:${probe.mount}${wait}`;
    case 'service':
      return `service:${probe.name}${wait}`;
    case 'http': {
      const { port = 80, path = '/', expectText = '', expectStatus } = probe;
      // What follows an "@" would be read as the time to wait, and what follows a "=" as the text.
      if (expectStatus !== undefined || path.includes('=') || `${path}${expectText}`.includes('@')) return null;
      return `http:${port}${path}${expectText === '' ? '' : `=${expectText}`}${wait}`;
    }
  }
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
