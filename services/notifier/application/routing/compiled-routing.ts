import type { KnownAlert } from '../../domain/known-alert';
import { matchableLabels } from '../../domain/routing/matcher';
import { groupKey, groupLabels, RouteTree, type RouteSettings } from '../../domain/routing/route-tree';
import { DEFAULT_DOCUMENT, type RoutingDocument } from '../../domain/routing/routing-document';
import { parseRouting } from '../../domain/routing/routing-schema';
import type { Labels } from '../../domain/alert';

export interface CompiledRouting {
  readonly version: number;
  readonly document: RoutingDocument;
  readonly tree: RouteTree;
}

/** A group that an alert belongs to. */
export interface Placement {
  readonly key: string;
  readonly labels: Labels;
  readonly route: RouteSettings;
}

const MOST_KEPT = 500;

/** Documents as they are asked, compiled once for each version. */
export class RoutingCache {
  private readonly kept = new Map<string, CompiledRouting>();

  /** A document that this version can't read (a newer one wrote it) is told, and the default one stands in: alerts go to all channels rather than to none. */
  constructor(private readonly onUnreadable: (error: unknown) => void) {}

  compiled(workspaceId: string, { version, document }: { version: number; document: unknown }): CompiledRouting {
    const found = this.kept.get(workspaceId);
    if (found?.version === version) return found;
    const parsed = this.parsed(document);
    const compiled = { version, document: parsed, tree: new RouteTree(parsed.route) };
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    this.kept.set(workspaceId, compiled);
    return compiled;
  }

  private parsed(document: unknown): RoutingDocument {
    try {
      return parseRouting(document);
    } catch (error) {
      this.onUnreadable(error);
      return parseRouting(DEFAULT_DOCUMENT);
    }
  }
}

type Placed = Pick<KnownAlert, 'workspaceId' | 'name' | 'severity' | 'labels' | 'source' | 'migrationId'>;

/** The groups of an alert, by the routes that it takes. */
export function placementsOf({ tree }: CompiledRouting, alert: Placed): Placement[] {
  const labels = matchableLabels(alert);
  return tree.routesOf(labels).map((route) => {
    const common = groupLabels(route, labels);
    return { key: groupKey(alert.workspaceId, route.path, common), labels: common, route };
  });
}
