import { Inhibitions } from './inhibition';
import { compileMatchers, matchableLabels, parseMatcher } from './matcher';
import { groupKey, groupLabels, RouteTree } from './route-tree';
import { routingJson } from './routing-json';
import { parseRouting } from './routing-schema';

const alert = {
  name: 'node-not-ready',
  severity: 'critical' as const,
  labels: { node: 'n1', zone: 'a' } as Record<string, string>,
  source: 'kubernetes',
  migrationId: 'mig_1',
};
const full = {
  route: {
    name: 'root',
    channels: ['ops'],
    groupBy: ['alertname', 'zone'],
    groupWait: '10s',
    routes: [
      { name: 'nodes', matchers: ['alertname=~"node-.*"'], continue: true, channels: ['on-call:night'], escalation: 'up' },
      {
        name: 'critical',
        matchers: ['severity=critical', 'zone!=b'],
        repeatInterval: '1h',
        routes: [{ name: 'zone-a', matchers: ['zone=a'] }],
      },
      { name: 'never', matchers: ['zone=~"a|b"'], quiet: { calendar: 'nights', except: ['critical'] } },
      { name: 'daily', matchers: ['severity=info'], digest: { every: 'day', at: '08:30', timeZone: 'Asia/Shanghai' } },
    ],
  },
  inhibitions: [{ name: 'node', source: ['alertname=node-not-ready'], target: ['alertname=~"pod-.*"'], equal: ['node'] }],
  calendars: [{ name: 'nights', timeZone: 'Europe/Berlin', windows: [{ days: ['mon'], from: '22:00', to: '06:00' }] }],
  rotations: [{ name: 'night', timeZone: 'UTC', from: '2026-11-30', turns: [{ name: 'ann', channels: ['ann'] }] }],
  escalations: [
    {
      name: 'up',
      steps: [
        { after: '5m', channels: ['boss'] },
        { after: '1h', channels: ['*'] },
      ],
    },
  ],
};
const ids = (word: string) => ({ ops: 'chn_1', ann: 'chn_2', boss: 'chn_3' })[word];

describe('matchers', () => {
  it.each([
    ['node=n1', true],
    ['node!=n1', false],
    ['node=~"n\\d"', true],
    ['node!~"n\\d"', false],
    ['absent=""', true],
    ['absent!=x', true],
    ['alertname=node-not-ready', true],
    ['severity="critical"', true],
    ['source=kubernetes', true],
    ['migration_id=mig_1', true],
  ])('%s: %s', (text, expected) => {
    expect(compileMatchers([parseMatcher(text)!])(matchableLabels(alert))).toBe(expected);
  });

  it('are not overridden by labels of their names', () => {
    expect(matchableLabels({ ...alert, labels: { severity: 'info', alertname: 'x' } })).toMatchObject({
      severity: 'critical',
      alertname: 'node-not-ready',
    });
  });
});

describe('the routing tree', () => {
  const tree = new RouteTree(parseRouting(full, ids).route);
  const paths = (change: Partial<typeof alert>) =>
    tree.routesOf(matchableLabels({ ...alert, ...change })).map(({ path }) => path.join('/'));

  it('goes down to the first child that matches, and on after those that say so', () => {
    expect(paths({})).toEqual(['root/nodes', 'root/critical/zone-a']);
    expect(paths({ labels: { zone: 'c' } })).toEqual(['root/nodes', 'root/critical']);
    expect(paths({ name: 'x', labels: { zone: 'b' } })).toEqual(['root/never']);
    expect(paths({ name: 'x', labels: {}, severity: 'warning' as never })).toEqual(['root']);
  });

  it('hands settings down to children that say nothing', () => {
    const [nodes, zone] = tree.routesOf(matchableLabels(alert));
    expect(nodes).toMatchObject({ channels: ['on-call:night'], escalation: 'up', groupWaitMs: 10_000, repeatIntervalMs: 14_400_000 });
    expect(zone).toMatchObject({ channels: ['chn_1'], repeatIntervalMs: 3_600_000, groupIntervalMs: 300_000, escalation: null });
  });

  it('groups by labels, whatever their order, and by all where it is asked', () => {
    const [route] = tree.routesOf(matchableLabels(alert));
    const labels = groupLabels(route!, matchableLabels(alert));
    expect(labels).toEqual({ alertname: 'node-not-ready', zone: 'a' });
    expect(groupKey('ws', ['r'], { a: '1', b: '2' })).toBe(groupKey('ws', ['r'], { b: '2', a: '1' }));
    expect(groupKey('ws', ['r'], labels)).not.toBe(groupKey('ws2', ['r'], labels));
    expect(groupLabels({ ...route!, groupBy: ['...'] }, { b: '1', a: '2' })).toEqual({ a: '2', b: '1' });
  });
});

describe('routing documents', () => {
  it('are read back as they are written', () => {
    const document = parseRouting(full, ids);
    expect(parseRouting(routingJson(document))).toEqual(document);
  });

  it('name every wrong field', () => {
    const wrong = {
      route: {
        name: 'root',
        matchers: ['a=b'],
        channels: ['nobody', 'on-call:none'],
        quiet: { calendar: 'none' },
        escalation: 'none',
        routes: [{ name: 'x' }, { name: 'x' }],
      },
      escalations: [
        {
          name: 'e',
          steps: [
            { after: '1h', channels: ['ops'] },
            { after: '5m', channels: ['ops'] },
          ],
        },
      ],
      rotations: [{ ...full.rotations[0]!, overrides: [{ from: '2026-11-30T00:00:00Z', to: '2026-11-29T00:00:00Z', turn: 'bob' }] }],
      calendars: [full.calendars[0], full.calendars[0]],
    };
    const fields = (json: unknown): string[] => {
      try {
        parseRouting(json, ids);
        return [];
      } catch (error) {
        return (error as { fields: { field: string }[] }).fields.map(({ field }) => field).sort();
      }
    };
    expect(fields(wrong)).toEqual([
      'document.calendars',
      'document.escalations.0.steps.1.after',
      'document.rotations.0.overrides.0.to',
      'document.rotations.0.overrides.0.turn',
      'document.route.channels.0',
      'document.route.channels.1',
      'document.route.escalation',
      'document.route.matchers',
      'document.route.quiet.calendar',
      'document.route.routes',
    ]);
    expect(fields({ route: { name: 'r', channels: ['*'], groupWait: 'soon', matchers: ['=x', 'a=~"("'] }, other: 1 })).toEqual([
      'document',
      'document.route.groupWait',
      'document.route.matchers.0',
      'document.route.matchers.1',
    ]);
    expect(fields({})).toEqual(['document.route']);
  });
});

describe('inhibitions', () => {
  it('hold targets whose labels are those of a source, and no source of itself', () => {
    const [node] = parseRouting(full, ids).inhibitions;
    const inhibitions = new Inhibitions([node!, { name: 'self', source: node!.source, target: node!.source, equal: [] }]);
    const pod = (node: string) => matchableLabels({ ...alert, name: 'pod-evicted', labels: { node } });
    expect(inhibitions.holding(pod('n1'))).toBeNull();
    inhibitions.add(matchableLabels(alert));
    expect(inhibitions.holding(pod('n1'))).toBe('node');
    expect(inhibitions.holding(pod('n2'))).toBeNull();
    expect(inhibitions.holding(matchableLabels(alert))).toBeNull();
  });
});
