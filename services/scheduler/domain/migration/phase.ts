/**
 * Where a migration stands. Storage has no reverse stream: its `reversible` keeps the source as it is until finalized. `finalize` and
 * `rollback` are runs of databases and hosts that end what `reversible` kept up; `rehearsal` starts a clone of a host.
 */
export const PHASES = [
  'precheck',
  'prepare',
  'full',
  'incremental',
  'rehearsal',
  'cutover',
  'reversible',
  'finalize',
  'rollback',
  'done',
] as const;
export type Phase = (typeof PHASES)[number];

export const STATUSES = ['pending', 'running', 'waiting', 'paused', 'failed', 'succeeded', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

/** What a user can ask of a migration. */
export const ACTIONS = ['pause', 'resume', 'cancel', 'rehearse', 'cutover', 'finalize', 'rollback', 'retry'] as const;
export type Action = (typeof ACTIONS)[number];
