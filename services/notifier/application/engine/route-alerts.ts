import { nextDigestMs } from '../../domain/routing/times';
import type { RouteSettings } from '../../domain/routing/route-tree';
import type { GroupStore, RoutingBatch } from '../ports/group-store';
import { placementsOf, type RoutingCache } from '../routing/compiled-routing';

/** Of one transaction: each waits for the groups that are just being told, so it is worth its wait. */
const BATCH = 2_000;

/** Puts alerts that changed into the groups of their routes, and says when those come due. In any replica. */
export class RouteAlerts {
  constructor(
    private readonly groups: GroupStore,
    private readonly cache: RoutingCache,
  ) {}

  /** False when nothing is left. */
  step(): Promise<boolean> {
    return this.groups.routeNext(BATCH, (batch) => this.route(batch));
  }

  private async route(batch: RoutingBatch): Promise<void> {
    const workspaces = [...new Set(batch.alerts.map(({ workspaceId }) => workspaceId))];
    const routings = new Map<string, ReturnType<RoutingCache['compiled']>>();
    for (const workspaceId of workspaces) routings.set(workspaceId, this.cache.compiled(workspaceId, await batch.routing(workspaceId)));
    const placed = batch.alerts.map((alert) => ({
      alert,
      groups: placementsOf(routings.get(alert.workspaceId)!, alert).map((placement) => ({ ...placement, workspaceId: alert.workspaceId })),
    }));
    await batch.place(placed, ({ route, lastNotifiedAt }) => dueAt(route, lastNotifiedAt, batch.now));
  }
}

/** As in Alertmanager: the first message waits for others that come together, a further one for its interval. */
function dueAt({ digest, groupWaitMs, groupIntervalMs }: RouteSettings, lastNotifiedAt: Date | null, now: Date): Date {
  if (digest) return new Date(nextDigestMs(digest, now.getTime()));
  if (lastNotifiedAt === null) return new Date(now.getTime() + groupWaitMs);
  return new Date(Math.max(now.getTime(), lastNotifiedAt.getTime() + groupIntervalMs));
}
