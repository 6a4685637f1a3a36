import type { DatabaseScope } from '../../../domain/database-scope';
import { quoteName } from '../catalog/catalog';
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
  return [versions, encodings, locales, collationVersions, missingExtensions, targetPolicy, clocks].flatMap((rule) => rule(facts));
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
        hint: `REINDEX DATABASE ${name}; ALTER DATABASE ${name} REFRESH COLLATION VERSION;`,
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

function targetPolicy({ target, scope }: PairFacts): PairFinding[] {
  if (target.userTables === 0) return [];
  const has = `The target has ${target.userTables} tables already`;
  const common = { code: 'DATABASE_TARGET_NOT_EMPTY', subject: 'target' as const };
  if (scope.targetPolicy === 'refuse') {
    return [
      { ...common, severity: 'blocker', message: `${has}.`, hint: 'Use an empty database; or set targetPolicy to append or replace.' },
    ];
  }
  if (scope.targetPolicy === 'replace') {
    return [
      {
        ...common,
        severity: 'warning',
        message: `${has}; those with the names of migrated ones are dropped with their rows (targetPolicy: replace).`,
        hint: 'Back up the target first.',
      },
    ];
  }
  return [
    {
      ...common,
      severity: 'note',
      message: `${has}; rows are added to those with the names of migrated ones (targetPolicy: append).`,
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
