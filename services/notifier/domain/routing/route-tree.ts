import { createHash } from 'node:crypto';
import type { Labels } from '../alert';
import { compileMatchers, type LabelTest } from './matcher';
import type { Digest, QuietHours, Route } from './routing-document';

/** A node's settings with those of its parents where it says nothing. */
export interface RouteSettings {
  /** Names from the root of the tree. */
  readonly path: readonly string[];
  readonly channels: readonly string[];
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly quiet: QuietHours | null;
  readonly escalation: string | null;
  readonly digest: Digest | null;
}

/** As in Alertmanager. */
const DEFAULTS = { groupBy: ['alertname'], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 };
/** In `groupBy`: by all labels, so that no two alerts are in one group. */
export const BY_ALL = '...';

interface Compiled {
  settings: RouteSettings;
  test: LabelTest;
  goesOn: boolean;
  children: Compiled[];
}

/** A tree whose expressions are compiled once. Raises SyntaxError for one that can't be. */
export class RouteTree {
  private readonly root: Compiled;

  constructor(route: Route) {
    this.root = compile(route, null);
  }

  /** The routes that an alert takes: of each node the first child that matches, and those after it while children say `continue`; without a child the node itself. */
  routesOf(labels: Labels): RouteSettings[] {
    return taken(this.root, labels);
  }
}

function taken(node: Compiled, labels: Labels): RouteSettings[] {
  const found: RouteSettings[] = [];
  for (const child of node.children) {
    if (!child.test(labels)) continue;
    found.push(...taken(child, labels));
    if (!child.goesOn) break;
  }
  return found.length > 0 ? found : [node.settings];
}

function compile(route: Route, parent: RouteSettings | null): Compiled {
  const settings: RouteSettings = {
    path: [...(parent?.path ?? []), route.name],
    channels: route.channels ?? parent?.channels ?? [],
    groupBy: route.groupBy ?? parent?.groupBy ?? DEFAULTS.groupBy,
    groupWaitMs: route.groupWaitMs ?? parent?.groupWaitMs ?? DEFAULTS.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs ?? parent?.groupIntervalMs ?? DEFAULTS.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs ?? parent?.repeatIntervalMs ?? DEFAULTS.repeatIntervalMs,
    quiet: route.quiet ?? parent?.quiet ?? null,
    escalation: route.escalation ?? parent?.escalation ?? null,
    digest: route.digest ?? parent?.digest ?? null,
  };
  const children = route.routes.map((child) => compile(child, settings));
  return { settings, test: compileMatchers(route.matchers), goesOn: route.continue, children };
}

/** The labels that a group's alerts have in common by its route. */
export function groupLabels({ groupBy }: RouteSettings, labels: Labels): Labels {
  const names = groupBy.includes(BY_ALL) ? Object.keys(labels) : groupBy;
  return Object.fromEntries([...new Set(names)].sort().flatMap((name) => (Object.hasOwn(labels, name) ? [[name, labels[name]!]] : [])));
}

/** SHA-256, 64 hexadecimal digits: what a group is known by, also at providers. */
export function groupKey(workspaceId: string, path: readonly string[], labels: Labels): string {
  const ordered = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([workspaceId, path, ordered]))
    .digest('hex');
}
