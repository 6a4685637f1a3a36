import { workspaceCensus } from './workspace-census';

it('adds up the migrations of each workspace, the one with most failures first', () => {
  const of = (workspaceId: string, phase: string, status: string, count: number) =>
    ({ workspaceId, kind: 'storage', phase, status, count }) as never;
  expect(
    workspaceCensus([
      of('ws_a', 'full', 'running', 2),
      of('ws_a', 'done', 'succeeded', 3),
      of('ws_b', 'full', 'failed', 1),
      of('ws_b', 'incremental', 'waiting', 1),
      of('ws_b', 'full', 'paused', 1),
    ]),
  ).toEqual([
    { workspaceId: 'ws_b', running: 0, waiting: 2, failed: 1, done: 0 },
    { workspaceId: 'ws_a', running: 2, waiting: 0, failed: 0, done: 3 },
  ]);
});
