/** What the API takes and gives as `document`; what is wrong in one it says, by field. */
export interface Route {
  name: string;
  /** `severity="critical"` */
  matchers?: string[];
  continue?: boolean;
  /** Ids of channels, `*`, or `on-call:ROTATION`. What a route does not say holds as its parent says. */
  channels?: string[];
  groupBy?: string[];
  groupWait?: string;
  groupInterval?: string;
  repeatInterval?: string;
  quiet?: { calendar: string; except?: string[] };
  escalation?: string;
  digest?: { every: 'hour' | 'day'; at?: string; timeZone?: string };
  routes?: Route[];
}

export interface Inhibition {
  name: string;
  source: string[];
  target: string[];
  equal?: string[];
}

export interface Window {
  days: string[];
  from: string;
  to: string;
}

export interface Calendar {
  name: string;
  timeZone: string;
  windows: Window[];
}

export interface Rotation {
  name: string;
  timeZone: string;
  from: string;
  handover?: string;
  days?: number;
  turns: { name: string; channels: string[] }[];
  overrides?: { from: string; to: string; turn: string }[];
}

export interface Escalation {
  name: string;
  steps: { after: string; channels: string[] }[];
}

export interface RoutingDocument {
  route: Route;
  inhibitions?: Inhibition[];
  calendars?: Calendar[];
  rotations?: Rotation[];
  escalations?: Escalation[];
}

/** Lists beside the tree, and what is in them. */
export interface NamedParts {
  inhibitions: Inhibition;
  calendars: Calendar;
  rotations: Rotation;
  escalations: Escalation;
}
export type NamedList = keyof NamedParts;

/** With lists of named things by their names, so that what differs between two documents is said field by field. */
export function byName(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isNamed = value.length > 0 && value.every((each) => typeof each === 'object' && each !== null && 'name' in each);
    if (!isNamed) return value;
    return Object.fromEntries((value as { name: string }[]).map(({ name, ...rest }) => [name, byName(rest)]));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, byName(inner)]));
}

/** Without what was left empty, so that it holds as the parent says. */
export function without<T extends object>(value: T): T {
  const isEmpty = (each: unknown) => each === undefined || each === '' || each === false || (Array.isArray(each) && each.length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, each]) => !isEmpty(each))) as T;
}
