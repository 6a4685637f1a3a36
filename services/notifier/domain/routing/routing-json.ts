import type { Matcher } from './matcher';
import type { Route, RoutingDocument } from './routing-document';

const seconds = (ms: number) => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);
const written = ({ label, operator, value }: Matcher) => `${label}${operator}"${value}"`;

/** The document as people write it, which `parseRouting` reads back as the same. */
export function routingJson(document: RoutingDocument): Record<string, unknown> {
  return {
    route: routeJson(document.route),
    inhibitions: document.inhibitions.map(({ source, target, ...rest }) => ({
      ...rest,
      source: source.map(written),
      target: target.map(written),
    })),
    calendars: document.calendars.map((calendar) => ({ ...calendar })),
    rotations: document.rotations.map((rotation) => ({ ...rotation })),
    escalations: document.escalations.map(({ name, steps }) => ({
      name,
      steps: steps.map(({ afterMs, channels }) => ({ after: seconds(afterMs), channels: [...channels] })),
    })),
  };
}

function routeJson({
  groupWaitMs,
  groupIntervalMs,
  repeatIntervalMs,
  matchers,
  routes,
  continue: goesOn,
  ...route
}: Route): Record<string, unknown> {
  const said = Object.fromEntries(Object.entries(route).filter(([, value]) => value !== undefined));
  return {
    ...said,
    ...(matchers.length > 0 && { matchers: matchers.map(written) }),
    ...(goesOn && { continue: true }),
    ...(groupWaitMs !== undefined && { groupWait: seconds(groupWaitMs) }),
    ...(groupIntervalMs !== undefined && { groupInterval: seconds(groupIntervalMs) }),
    ...(repeatIntervalMs !== undefined && { repeatInterval: seconds(repeatIntervalMs) }),
    ...(routes.length > 0 && { routes: routes.map(routeJson) }),
  };
}
