import type { Schema } from '@smartant/contracts/openapi';

type Standing = Schema<'MigrationSummary'>['items'][number];

export interface WorkspaceCensus {
  workspaceId: string;
  running: number;
  waiting: number;
  failed: number;
  done: number;
}

/** How the migrations of each workspace fare, the one with most failures first. */
export function workspaceCensus(standings: readonly Standing[]): WorkspaceCensus[] {
  const of = Map.groupBy(standings, ({ workspaceId }) => workspaceId);
  return [...of]
    .map(([workspaceId, all]) => {
      const count = (wanted: (standing: Standing) => boolean) => all.filter(wanted).reduce((sum, { count: found }) => sum + found, 0);
      return {
        workspaceId,
        running: count(({ status }) => status === 'running'),
        waiting: count(({ status }) => status === 'waiting' || status === 'paused'),
        failed: count(({ status }) => status === 'failed'),
        done: count(({ phase, status }) => phase === 'done' && status === 'succeeded'),
      };
    })
    .sort((one, other) => other.failed - one.failed || other.running - one.running);
}
