import { parseDuration, SmartantError, type FieldError } from '@smartant/kernel';
import { calendarProblems, WEEKDAYS } from '@smartant/shards';
import { z } from 'zod';
import { SEVERITIES } from '../alert';
import { matcherProblem, OPERATORS, parseMatcher } from './matcher';
import { ALL_CHANNELS, ON_CALL, type Route, type RoutingDocument } from './routing-document';

const DAY_MS = 86_400_000;
const name = z.string().min(1).max(100);
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected HH:MM' });
const instant = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-11-30T08:00:00Z' });

const duration = (minMs: number, maxMs: number) =>
  z.string().transform((text, context) => {
    try {
      const ms = parseDuration(text);
      if (ms >= minMs && ms <= maxMs) return ms;
    } catch {
      // Said below.
    }
    context.addIssue({
      code: 'custom',
      message: `expected a duration from ${minMs / 1_000}s to ${maxMs / DAY_MS}d, such as 30s, 5m or 4h`,
    });
    return z.NEVER;
  });

const written = z.string().transform((text, context) => {
  const matcher = parseMatcher(text);
  if (matcher) return matcher;
  context.addIssue({ code: 'custom', message: 'expected LABEL=VALUE, with = != =~ or !~' });
  return z.NEVER;
});
const spelled = z.strictObject({ label: z.string().min(1).max(256), operator: z.enum(OPERATORS), value: z.string().max(2_048) });

/** A matcher, spelled out or as text: `severity="critical"`. */
export const matcherSchema = z.union([written, spelled]).superRefine((matcher, context) => {
  const problem = matcherProblem(matcher);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});
const matchers = z.array(matcherSchema).max(50);
const channels = z.array(name).max(50);

const timeZone = z
  .string()
  .refine((zone) => calendarProblems({ timeZone: zone, windows: [], outside: 'stop' }, '').every(({ field }) => field !== '.timeZone'), {
    error: 'expected an IANA time zone, for example "Asia/Shanghai"',
  });
const quiet = z.strictObject({ calendar: name, except: z.array(z.enum(SEVERITIES)).max(3).default([]) });
const digest = z.strictObject({ every: z.enum(['hour', 'day']), at: time.default('09:00'), timeZone: timeZone.default('UTC') });

const routeFields = {
  matchers: matchers.default([]),
  continue: z.boolean().default(false),
  channels: channels.optional(),
  groupBy: z.array(z.string().min(1).max(256)).max(50).optional(),
  groupWait: duration(0, DAY_MS).optional(),
  groupInterval: duration(1_000, 7 * DAY_MS).optional(),
  repeatInterval: duration(1_000, 90 * DAY_MS).optional(),
  quiet: quiet.optional(),
  escalation: name.optional(),
  digest: digest.optional(),
};
type WrittenRoute = z.output<z.ZodObject<typeof routeFields>> & { name: string; routes: WrittenRoute[] };
const route: z.ZodType<WrittenRoute> = z.strictObject({
  name,
  ...routeFields,
  routes: z.lazy(() => z.array(route).max(200)).default([]),
}) as never;

const window = z.strictObject({ days: z.array(z.enum(WEEKDAYS)).min(1).max(7), from: time, to: time });
const turn = z.strictObject({ name, channels: channels.min(1) });
const schema = z.strictObject({
  route,
  inhibitions: z
    .array(
      z.strictObject({ name, source: matchers.min(1), target: matchers.min(1), equal: z.array(z.string().min(1)).max(50).default([]) }),
    )
    .max(100)
    .default([]),
  calendars: z
    .array(z.strictObject({ name, timeZone, windows: z.array(window).min(1).max(50) }))
    .max(50)
    .default([]),
  rotations: z
    .array(
      z.strictObject({
        name,
        timeZone,
        from: z.iso.date({ error: 'expected a day such as 2026-11-30' }),
        handover: time.default('09:00'),
        days: z.int().min(1).max(365).default(7),
        turns: z.array(turn).min(1).max(100),
        overrides: z
          .array(z.strictObject({ from: instant, to: instant, turn: name }))
          .max(200)
          .default([]),
      }),
    )
    .max(50)
    .default([]),
  escalations: z
    .array(
      z.strictObject({
        name,
        steps: z
          .array(z.strictObject({ after: duration(1_000, 30 * DAY_MS), channels: channels.min(1) }))
          .min(1)
          .max(10),
      }),
    )
    .max(50)
    .default([]),
});
type Written = z.output<typeof schema>;

const MOST_ROUTES = 500;

/**
 * A document from JSON. Raises ROUTING_INVALID with every wrong field. `channelIds` finds the id for what the document calls a channel (its
 * name or id); undefined: there is no such channel. Absent: documents of ours, which hold ids already.
 */
export function parseRouting(json: unknown, channelIds?: (nameOrId: string) => string | undefined): RoutingDocument {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw routingInvalid(parsed.error.issues.map((issue) => ({ field: ['document', ...issue.path].join('.'), message: said(issue) })));
  }
  const document = documentOf(parsed.data);
  const problems = [...referenceProblems(document), ...escalationProblems(document), ...nameProblems(parsed.data)];
  const resolved = channelIds ? withIds(document, channelIds, problems) : document;
  if (problems.length > 0) throw routingInvalid(problems);
  return resolved;
}

function said(issue: z.core.$ZodIssue): string {
  // Of a union the wrong alternatives are inside: the one that got further is the one that was meant.
  if (issue.code !== 'invalid_union') return issue.message;
  return issue.errors.flat().map(({ message }) => message)[0] ?? issue.message;
}

export function routingInvalid(fields: FieldError[]): SmartantError {
  return new SmartantError(
    'ROUTING_INVALID',
    `The routing is wrong in ${fields
      .slice(0, 10)
      .map(({ field }) => field)
      .join(', ')}.`,
    {
      kind: 'invalid',
      hint: 'Correct the fields that are named; docs/guides/notifications.md shows what a document holds.',
      fields,
    },
  );
}

function documentOf({ route, inhibitions, calendars, rotations, escalations }: Written): RoutingDocument {
  return {
    route: routeOf(route),
    inhibitions,
    calendars,
    rotations,
    escalations: escalations.map(({ name, steps }) => ({
      name,
      steps: steps.map(({ after, channels }) => ({ afterMs: after, channels })),
    })),
  };
}

function routeOf({ groupWait, groupInterval, repeatInterval, routes, ...route }: WrittenRoute): Route {
  return {
    ...route,
    groupWaitMs: groupWait,
    groupIntervalMs: groupInterval,
    repeatIntervalMs: repeatInterval,
    routes: routes.map(routeOf),
  };
}

function eachRoute(route: Route, path: string): { route: Route; path: string }[] {
  return [{ route, path }, ...route.routes.flatMap((child, index) => eachRoute(child, `${path}.routes.${index}`))];
}

/** What is named must be there; siblings need names of their own, as groups are known by them. */
function referenceProblems(document: RoutingDocument): FieldError[] {
  const calendars = new Set(document.calendars.map(({ name }) => name));
  const escalations = new Set(document.escalations.map(({ name }) => name));
  const routes = eachRoute(document.route, 'document.route');
  const problems = routes.flatMap(({ route, path }) => {
    const siblings = route.routes.map(({ name }) => name);
    return [
      ...(route.quiet && !calendars.has(route.quiet.calendar)
        ? [{ field: `${path}.quiet.calendar`, message: 'names no calendar of the document' }]
        : []),
      ...(route.escalation !== undefined && !escalations.has(route.escalation)
        ? [{ field: `${path}.escalation`, message: 'names no escalation of the document' }]
        : []),
      ...(new Set(siblings).size < siblings.length ? [{ field: `${path}.routes`, message: 'holds two routes of one name' }] : []),
    ];
  });
  if (document.route.channels === undefined)
    problems.push({ field: 'document.route.channels', message: 'is not set: the root says where to go by default' });
  if (document.route.matchers.length > 0)
    problems.push({ field: 'document.route.matchers', message: 'must be empty: the root takes every alert' });
  if (routes.length > MOST_ROUTES) problems.push({ field: 'document.route', message: `holds more than ${MOST_ROUTES} routes` });
  document.rotations.forEach(({ turns, overrides }, index) =>
    overrides.forEach((override, at) => {
      const field = `document.rotations.${index}.overrides.${at}`;
      if (!turns.some(({ name }) => name === override.turn))
        problems.push({ field: `${field}.turn`, message: 'names no turn of the rotation' });
      if (Date.parse(override.to) <= Date.parse(override.from)) problems.push({ field: `${field}.to`, message: 'is not after from' });
    }),
  );
  return problems;
}

function escalationProblems({ escalations }: RoutingDocument): FieldError[] {
  return escalations.flatMap(({ steps }, index) =>
    steps.flatMap(({ afterMs }, at) =>
      at > 0 && afterMs <= steps[at - 1]!.afterMs
        ? [{ field: `document.escalations.${index}.steps.${at}.after`, message: 'is not later than the step before' }]
        : [],
    ),
  );
}

function nameProblems(document: Written): FieldError[] {
  return (['inhibitions', 'calendars', 'rotations', 'escalations'] as const).flatMap((list) => {
    const names = document[list].map(({ name }) => name);
    return new Set(names).size < names.length ? [{ field: `document.${list}`, message: 'holds two of one name' }] : [];
  });
}

function withIds(document: RoutingDocument, channelIds: (text: string) => string | undefined, problems: FieldError[]): RoutingDocument {
  const rotations = new Set(document.rotations.map(({ name }) => name));
  const ids = (texts: readonly string[], path: string, nested: boolean): string[] =>
    texts.map((text, index) => {
      if (text === ALL_CHANNELS) return text;
      if (!text.startsWith(ON_CALL)) {
        const id = channelIds(text);
        if (id === undefined) problems.push({ field: `${path}.${index}`, message: `there is no channel "${text}"` });
        return id ?? text;
      }
      if (nested) problems.push({ field: `${path}.${index}`, message: 'a turn names channels, not another rotation' });
      else if (!rotations.has(text.slice(ON_CALL.length)))
        problems.push({ field: `${path}.${index}`, message: 'names no rotation of the document' });
      return text;
    });
  const routed = (route: Route, path: string): Route => ({
    ...route,
    channels: route.channels && ids(route.channels, `${path}.channels`, false),
    routes: route.routes.map((child, index) => routed(child, `${path}.routes.${index}`)),
  });
  return {
    ...document,
    route: routed(document.route, 'document.route'),
    rotations: document.rotations.map((rotation, at) => ({
      ...rotation,
      turns: rotation.turns.map((turn, index) => ({
        ...turn,
        channels: ids(turn.channels, `document.rotations.${at}.turns.${index}.channels`, true),
      })),
    })),
    escalations: document.escalations.map((escalation, at) => ({
      ...escalation,
      steps: escalation.steps.map((step, index) => ({
        ...step,
        channels: ids(step.channels, `document.escalations.${at}.steps.${index}.channels`, false),
      })),
    })),
  };
}
