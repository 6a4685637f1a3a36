import { SmartantError, toSmartantError } from '@smartant/kernel';

/** What a driver or the server raised, by SQLSTATE and by system error, never by text. */
export function pgError(thrown: unknown, doing: string): SmartantError {
  if (thrown instanceof SmartantError) return thrown;
  const { code, message, name } = thrown as { code?: unknown; message?: string; name?: string };
  if (name === 'AbortError') return toSmartantError(thrown);
  if (typeof code !== 'string' || !/^[0-9FHPX][0-9A-Z]{4}$/.test(code)) {
    // By name: errors of sockets may come from another realm, where instanceof fails.
    if (typeof message !== 'string' || OURS.test(name ?? '')) return toSmartantError(thrown);
    return new SmartantError(
      'DATABASE_UNREACHABLE',
      `The connection to the database was lost or could not be made (${doing})${typeof code === 'string' ? `: ${code}` : ''}.`,
      {
        kind: 'unavailable',
        actor: 'user',
        hint: UNREACHABLE,
        retry: { kind: 'backoff' },
        details: { ...(typeof code === 'string' ? { systemCode: code } : {}) },
        cause: thrown,
      },
    );
  }
  const rule = RULES.find(([prefixes]) => prefixes.some((prefix) => code.startsWith(prefix)))?.[1] ?? REFUSED;
  return new SmartantError(rule.code, `The database refused (${doing}): ${message ?? code}`, {
    kind: rule.kind,
    actor: 'user',
    hint: rule.hint,
    ...(rule.passes ? { retry: { kind: 'backoff' as const } } : {}),
    details: { sqlState: code },
    cause: thrown,
  });
}

const UNREACHABLE = 'Check that the server runs, its address and port, firewalls in between, and the way to it.';

/** What only a mistake of ours raises. */
const OURS = /^(Type|Range|Reference|Syntax)Error$/;

interface ErrorRule {
  code: string;
  hint?: string;
  kind: 'unavailable' | 'precondition' | 'invalid' | 'conflict' | 'cancelled' | 'forbidden' | 'timeout';
  passes: boolean;
}

const REFUSED: ErrorRule = { code: 'DATABASE_REFUSED', kind: 'precondition', passes: false };

/** By the beginning of the SQLSTATE, most special first. https://www.postgresql.org/docs/18/errcodes-appendix.html */
const RULES: [string[], ErrorRule][] = [
  [
    ['28P01', '28000'],
    {
      code: 'DATABASE_CREDENTIALS_INVALID',
      hint: 'Check role, password and pg_hba.conf of the server; a new password is given by smartant endpoint update.',
      kind: 'forbidden',
      passes: false,
    },
  ],
  [['3D000'], { code: 'DATABASE_NOT_FOUND', hint: 'Check the name of the database, or create it.', kind: 'precondition', passes: false }],
  [['42501'], { code: 'DATABASE_ACCESS_DENIED', hint: 'Give the role the right that the server names.', kind: 'forbidden', passes: false }],
  [
    ['25006'],
    {
      code: 'DATABASE_READ_ONLY',
      hint: 'Is it a standby, or is default_transaction_read_only set? Use its primary, or take the setting back.',
      kind: 'precondition',
      passes: false,
    },
  ],
  [['57014'], { code: 'DATABASE_STATEMENT_CANCELLED', kind: 'timeout', passes: true }],
  [['55P03', '55006', '40P01', '40001'], { code: 'DATABASE_BUSY', kind: 'conflict', passes: true }],
  [
    ['53100'],
    { code: 'DATABASE_DISK_FULL', hint: 'Make room on the server’s disk; it is tried again by itself.', kind: 'unavailable', passes: true },
  ],
  [
    ['53'],
    {
      code: 'DATABASE_EXHAUSTED',
      hint: 'Free connections or memory at the server; it is tried again by itself.',
      kind: 'unavailable',
      passes: true,
    },
  ],
  [['23'], { code: 'DATABASE_CONSTRAINT_VIOLATED', kind: 'precondition', passes: false }],
  [['22'], { code: 'DATABASE_VALUE_REFUSED', kind: 'precondition', passes: false }],
  [['08', '57P', '58'], { code: 'DATABASE_UNREACHABLE', hint: UNREACHABLE, kind: 'unavailable', passes: true }],
];

/** The work of a session that was told to stop. */
export function cancelled(cause?: unknown): SmartantError {
  return new SmartantError('CANCELLED', 'The work was cancelled.', { kind: 'cancelled', cause });
}
