/** In the environment of commands that work at a target: for which migration, and in which epoch. */
export const WORK_VARIABLE = 'SMARTANT_WORK';

/** `epoch` grows with each holder of a migration's work. */
export function workMark({ migrationId, epoch }: { migrationId: string; epoch: number }): string {
  return `${migrationId.replace(/[^A-Za-z0-9_-]/g, '_')}:${epoch}`;
}
