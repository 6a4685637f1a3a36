import type { CalendarWindow } from '@smartant/shards';
import type { Severity } from '../alert';
import type { Matcher } from './matcher';

/** Every channel of the workspace that is enabled. */
export const ALL_CHANNELS = '*';
/** `on-call:NAME`: whoever's turn it is in that rotation. */
export const ON_CALL = 'on-call:';

/** A digest collects what changed into one message an hour, or a day at a time of the clock there. */
export interface Digest {
  readonly every: 'hour' | 'day';
  /** "09:00", of `day`. */
  readonly at: string;
  readonly timeZone: string;
}

/** While the calendar's windows are open nothing is sent but alerts of those severities; what still fires when they close is sent then. */
export interface QuietHours {
  readonly calendar: string;
  readonly except: readonly Severity[];
}

/** One node of the tree. What is absent is as the parent says. Channels are ids, ALL_CHANNELS or ON_CALL + a rotation. */
export interface Route {
  readonly name: string;
  readonly matchers: readonly Matcher[];
  /** Siblings after this one are asked too. */
  readonly continue: boolean;
  readonly channels?: readonly string[] | undefined;
  readonly groupBy?: readonly string[] | undefined;
  readonly groupWaitMs?: number | undefined;
  readonly groupIntervalMs?: number | undefined;
  readonly repeatIntervalMs?: number | undefined;
  readonly quiet?: QuietHours | undefined;
  readonly escalation?: string | undefined;
  readonly digest?: Digest | undefined;
  readonly routes: readonly Route[];
}

/** Alerts that `target` meets are held while one fires that `source` meets and whose labels of `equal` are the same. */
export interface Inhibition {
  readonly name: string;
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

export interface NamedCalendar {
  readonly name: string;
  readonly timeZone: string;
  readonly windows: CalendarWindow[];
}

export interface Turn {
  readonly name: string;
  readonly channels: readonly string[];
}

/** Who is on call: turns follow one another, each for so many days, handed over at a time of the clock there. */
export interface Rotation {
  readonly name: string;
  readonly timeZone: string;
  /** The day on which the first turn begins, "2026-11-30". */
  readonly from: string;
  readonly handover: string;
  readonly days: number;
  readonly turns: readonly Turn[];
  /** Somebody else from one instant to another (RFC 3339). */
  readonly overrides: readonly { readonly from: string; readonly to: string; readonly turn: string }[];
}

export interface EscalationStep {
  /** After the alert was first told. */
  readonly afterMs: number;
  readonly channels: readonly string[];
}

/** Where an alert goes that nobody has acknowledged. */
export interface Escalation {
  readonly name: string;
  readonly steps: readonly EscalationStep[];
}

/** How the alerts of a workspace find their channels. */
export interface RoutingDocument {
  readonly route: Route;
  readonly inhibitions: readonly Inhibition[];
  readonly calendars: readonly NamedCalendar[];
  readonly rotations: readonly Rotation[];
  readonly escalations: readonly Escalation[];
}

/** Where nobody wrote a document: everything goes to all channels. */
export const DEFAULT_DOCUMENT = { route: { name: 'default', channels: [ALL_CHANNELS] } } as const;

/** The ids of channels that a document names, in whatever place. */
export function channelsNamed(document: RoutingDocument): string[] {
  const routed = (route: Route): string[] => [...(route.channels ?? []), ...route.routes.flatMap(routed)];
  return [
    ...routed(document.route),
    ...document.rotations.flatMap(({ turns }) => turns.flatMap(({ channels }) => channels)),
    ...document.escalations.flatMap(({ steps }) => steps.flatMap(({ channels }) => channels)),
  ];
}
