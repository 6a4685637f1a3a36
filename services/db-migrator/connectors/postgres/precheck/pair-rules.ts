import type { DatabaseScope } from '../../../domain/database-scope';
import { quoteName, quoteText } from '../catalog/catalog';
import type { PairFinding } from './pair-finding';
import type { ServerFacts } from './server-facts';

export interface PairFacts {
  source: ServerFacts;
  target: ServerFacts;
  scope: DatabaseScope;
}

const OLDEST_VERSION = 120_000;
const NEWEST_MAJOR = 18;
const SKEW_MS = 30_000;

/** What both servers together mean; each rule by itself. */
export function pairFindings(facts: PairFacts): PairFinding[] {
  return [versions, encodings, locales, collationVersions, missingExtensions, ownSettings, targetPolicy, clocks].flatMap((rule) =>
    rule(facts),
  );
}

function versions({ source, target }: PairFacts): PairFinding[] {
  const [from, to] = [major(source), major(target)];
  if (source.version < OLDEST_VERSION || target.version < OLDEST_VERSION) {
    return [
      {
        severity: 'blocker',
        code: 'DATABASE_VERSION_TOO_OLD',
        subject: source.version < OLDEST_VERSION ? 'source' : 'target',
        message: `PostgreSQL ${Math.min(from, to)} is not supported; the oldest version that is, is 12.`,
        hint: 'Upgrade it first, for example with pg_upgrade.',
      },
    ];
  }
  if (from > to) {
    return [
      {
        severity: 'blocker',
        code: 'DATABASE_VERSION_DOWNGRADE',
        subject: 'target',
        message: `The target (PostgreSQL ${to}) is older than the source (${from}): definitions of the newer may not exist in the older.`,
        hint: `Use a target of version ${from} or newer.`,
      },
    ];
  }
  if (to <= NEWEST_MAJOR) return [];
  return [
    {
      severity: 'warning',
      code: 'DATABASE_VERSION_UNTESTED',
      subject: from > NEWEST_MAJOR ? 'both' : 'target',
      message: `PostgreSQL ${to} is newer than what this version of SmartAnt was tried with (${NEWEST_MAJOR}).`,
      hint: 'Look for a newer SmartAnt, or rehearse the migration on a copy.',
    },
  ];
}

const ASCII = 'SQL_ASCII';

function encodings({ source, target }: PairFacts): PairFinding[] {
  const [from, to] = [source.encoding, target.encoding];
  const finding = (severity: PairFinding['severity'], message: string, hint: string, subject: PairFinding['subject']): PairFinding[] => [
    { severity, code: 'DATABASE_ENCODING', subject, message, hint },
  ];
  if (from === ASCII && to !== ASCII) {
    return finding(
      'blocker',
      `The source's encoding is SQL_ASCII, which means that nobody knows what its bytes are; the target wants ${to}.`,
      'Convert the source first, or create the target database with ENCODING SQL_ASCII and TEMPLATE template0.',
      'source',
    );
  }
  if (from === ASCII) {
    return finding(
      'warning',
      'Both databases are SQL_ASCII: text that is not valid UTF-8 stops its table.',
      'Look for such text beforehand.',
      'both',
    );
  }
  if (from === to || to === 'UTF8') return [];
  return finding(
    to === ASCII ? 'blocker' : 'warning',
    `The encodings differ: ${from} at the source, ${to} at the target. Text with characters that ${to} does not have stops its table.`,
    'Create the target database with ENCODING UTF8 and TEMPLATE template0.',
    'target',
  );
}

function locales({ source, target }: PairFacts): PairFinding[] {
  const describe = ({ localeProvider, collate, ctype }: ServerFacts) =>
    `${localeProvider === 'i' ? 'icu' : localeProvider === 'b' ? 'builtin' : 'libc'} ${collate}/${ctype}`;
  if (describe(source) === describe(target)) return [];
  return [
    {
      severity: 'warning',
      code: 'DATABASE_LOCALE_DIFFERS',
      subject: 'target',
      message: `The databases sort text differently by default: ${describe(source)} at the source, ${describe(target)} at the target.`,
      hint: 'Results may come in another order, and bounds of partitions by text may hold other rows. Create the target with the source’s locale where it matters.',
    },
  ];
}

function collationVersions({ source, target }: PairFacts): PairFinding[] {
  return (
    [
      ['source', source],
      ['target', target],
    ] as const
  ).flatMap(([subject, facts]): PairFinding[] => {
    if (facts.collationVersion === null || facts.collationVersion === facts.actualCollationVersion) return [];
    const name = quoteName(facts.database);
    return [
      {
        severity: 'warning',
        code: 'DATABASE_COLLATION_VERSION',
        subject,
        message: `The database was made with version ${facts.collationVersion} of its collation and runs with ${facts.actualCollationVersion ?? 'none'}: its indexes over text may miss rows, and unique ones may hold duplicates.`,
        hint: 'Build the indexes over text anew (which takes locks and time), then note the new version.',
        fix: {
          statements: [`REINDEX DATABASE ${name}`, `ALTER DATABASE ${name} REFRESH COLLATION VERSION`],
          isSafe: false,
          needsRestart: false,
        },
      },
    ];
  });
}

function missingExtensions({ source, target }: PairFacts): PairFinding[] {
  const there = new Set([...target.availableExtensions, ...target.extensions.map(({ name }) => name)]);
  const missing = source.extensions.filter(({ name }) => !there.has(name));
  if (missing.length === 0) return [];
  return [
    {
      severity: 'blocker',
      code: 'DATABASE_EXTENSION_MISSING',
      subject: 'target',
      message: `The target's server does not offer extensions of the source: ${missing.map(({ name, version }) => `${name} ${version}`).join(', ')}.`,
      hint: 'Install their packages on the target’s machine, or allow them at the managed service.',
    },
  ];
}

/** Lists of names: the list quoted as a whole would be one element. */
const QUOTED_LISTS: ReadonlySet<string> = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
]);

/**
 * Each element by itself, as the server reads it. Any role of the source may have written the value (`SET … FROM CURRENT` stores it as it was
 * given), and it is run at the target: nothing of it may stand outside of quotes.
 */
function quotedList(name: string, value: string): string {
  const isOfNames = name === 'search_path' || name === 'temp_tablespaces';
  const elements = [...value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/g)].flatMap(([all, quoted, bare]) => {
    if (quoted !== undefined) return [quoted.replaceAll('""', '"')];
    const text = (bare ?? '').trim();
    return all === '' || text === '' ? [] : [isOfNames ? text.toLowerCase() : text];
  });
  return elements.length > 0 ? elements.map(quoteText).join(', ') : `''`;
}

/** They are about a database as a whole, which a migration does not make: whether they are wanted at the target is for its owner to say. */
function ownSettings({ source, target }: PairFacts): PairFinding[] {
  const there = new Set(target.ownSettings.map((setting) => JSON.stringify(setting)));
  const missing = source.ownSettings.filter(
    (setting) => !there.has(JSON.stringify(setting)) && (setting.role === null || target.roles.includes(setting.role)),
  );
  if (missing.length === 0) return [];
  const database = quoteName(target.database);
  const statements = missing.map(({ role, name, value }) => {
    const of = role === null ? `ALTER DATABASE ${database}` : `ALTER ROLE ${quoteName(role)} IN DATABASE ${database}`;
    return `${of} SET ${quoteName(name)} TO ${QUOTED_LISTS.has(name) ? quotedList(name, value) : quoteText(value)}`;
  });
  return [
    {
      severity: 'note',
      code: 'DATABASE_SETTINGS',
      subject: 'target',
      message: `The source's database has settings of its own (${[...new Set(missing.map(({ name }) => name))].join(', ')}), which are not migrated.`,
      hint: 'Set those at the target that its applications need there.',
      fix: { statements, isSafe: false, needsRestart: false },
    },
  ];
}

function targetPolicy({ target, scope }: PairFacts): PairFinding[] {
  if (target.userTables === 0) return [];
  const has = `The target has ${target.userTables} tables already`;
  const common = { code: 'DATABASE_TARGET_NOT_EMPTY', subject: 'target' as const };
  if (scope.targetPolicy === 'refuse') {
    return [
      {
        ...common,
        severity: 'blocker',
        message: `${has}.`,
        hint: 'Use an empty database, or say what becomes of those tables: --if-exists append or replace.',
      },
    ];
  }
  if (scope.targetPolicy === 'replace') {
    return [
      {
        ...common,
        severity: 'warning',
        message: `${has}; those with the names of migrated ones are dropped with their rows (--if-exists replace).`,
        hint: 'Back up the target first.',
      },
    ];
  }
  return [
    {
      ...common,
      severity: 'note',
      message: `${has}; rows are added to those with the names of migrated ones (--if-exists append).`,
      hint: 'The verification passes over rows that were there before; a row with the key of one of them stops its table.',
    },
  ];
}

function clocks({ source, target }: PairFacts): PairFinding[] {
  return (
    [
      ['source', source],
      ['target', target],
    ] as const
  )
    .filter(([, { clockSkewMs }]) => Math.abs(clockSkewMs) > SKEW_MS)
    .map(([subject, { clockSkewMs }]) => ({
      severity: 'warning',
      code: 'DATABASE_CLOCK_SKEW',
      subject,
      message: `The server's clock is ${Math.round(Math.abs(clockSkewMs) / 1_000)} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} ours: lag in seconds will be wrong by that.`,
      hint: 'Set both clocks by NTP.',
    }));
}

function major({ version }: ServerFacts): number {
  return Math.floor(version / 10_000);
}
