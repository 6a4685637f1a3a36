import type { DrivenMigration } from './driven-migration';

/** One idempotent thing to do for a migration. All but `next-round` and `build-report` are calls to its migrator. */
export const EFFECTS = [
  'precheck',
  'start-run',
  'get-run',
  'pause-run',
  'check-paused-run',
  'resume-run',
  'cancel-run',
  'remove-run',
  'set-limits',
  'build-report',
  'next-round',
] as const;
export type EffectKind = (typeof EFFECTS)[number];

export type NextEffect = { do: EffectKind } | { waitUntilMs: number } | 'nothing';

/** What is to be done for this migration now, by whichever replica looks first. */
export function nextEffect(migration: DrivenMigration, nowMs: number): NextEffect {
  if (migration.order === 'none') return betweenRounds(migration, nowMs);
  if (migration.order === 'start') return start(migration, nowMs);
  if (limitsCanBeTold(migration)) return { do: 'set-limits' };
  switch (migration.order) {
    case 'watch':
      return { do: 'get-run' };
    case 'pause':
      return { do: 'pause-run' };
    case 'hold':
      return migration.phase === 'precheck' ? 'nothing' : { do: 'check-paused-run' };
    case 'resume':
      return { do: 'resume-run' };
    case 'cancel':
      return { do: 'cancel-run' };
    case 'remove':
      return { do: 'remove-run' };
    case 'report':
      return { do: 'build-report' };
  }
}

/** Only a run that its migrator knows has limits to be changed; a start brings them along. */
function limitsCanBeTold({ limitsDue, phase, order }: DrivenMigration): boolean {
  return limitsDue && phase !== 'precheck' && (order === 'watch' || order === 'hold');
}

function betweenRounds(migration: DrivenMigration, nowMs: number): NextEffect {
  if (migration.phase !== 'incremental' || migration.status !== 'waiting') return 'nothing';
  return notBefore(migration, nowMs) ?? { do: 'next-round' };
}

function start(migration: DrivenMigration, nowMs: number): NextEffect {
  const effect = migration.phase === 'precheck' ? 'precheck' : 'start-run';
  return notBefore(migration, nowMs) ?? { do: effect };
}

function notBefore(migration: DrivenMigration, nowMs: number): NextEffect | null {
  const atMs = migration.notBefore === null ? 0 : Date.parse(migration.notBefore);
  return atMs > nowMs ? { waitUntilMs: atMs } : null;
}
