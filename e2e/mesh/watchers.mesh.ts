import { registry } from '@smartant/platform/metrics';
import type { Database } from '@smartant/platform/postgres';
import { describeIf } from '@smartant/test-servers';
import { Agent, fetch } from 'undici';
import type { Watchers } from '../../services/notifier/watchers/compose-watchers';
import { ChartCopy, helmBinary } from '../../tools/deploy/render-chart';
import type { Resource } from './control-plane';
import {
  CuttableWay,
  kubeConfigFor,
  KubernetesRig,
  nodeStatus,
  nowSeconds,
  RememberingIntake,
  watch,
  watcherDatabase,
} from './kubernetes-rig';
import { whyNoMesh } from './mesh-programs';
import { until } from './test-mesh';

const STREAMS = [
  'daemonsets',
  'deployments',
  'events',
  'horizontalpodautoscalers',
  'nodes',
  'persistentvolumeclaims',
  'pods',
  'resourcequotas',
];

describeIf(whyNoMesh('etcd', 'kube-apiserver'), 'watchers of a real API server', () => {
  let rig: KubernetesRig;
  let way: CuttableWay;
  let chart: ChartCopy;
  let token: string;
  let database: Database;
  let intake: RememberingIntake;
  const running: Watchers[] = [];

  beforeAll(async () => {
    rig = await KubernetesRig.start();
    chart = new ChartCopy(helmBinary()!);
    await rig.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'prod' } });
    for (const resource of ofWatchers(['notifier.kubernetes.watch=true'])) await rig.api.apply(resource);
    token = await rig.token('notifier');
    way = await CuttableWay.start(Number(new URL(rig.api.url).port));
  });
  afterAll(async () => {
    way?.stop();
    chart?.remove();
    await rig?.stop();
  });
  beforeEach(async () => {
    way.open();
    database = await watcherDatabase();
    intake = new RememberingIntake();
  });
  afterEach(async () => {
    for (const watchers of running.splice(0)) await watchers.stop();
    await database.close();
  });

  const ofWatchers = (values: string[]): Resource[] =>
    chart
      .render(values)
      .filter(
        ({ kind, metadata }) => (kind === 'ServiceAccount' && metadata.name === 'notifier') || metadata.name === 'smartant-notifier-prod',
      );

  /** As the notifier's own service account, with the chart's role. */
  function start(options: Parameters<typeof watch>[3] = {}, into: RememberingIntake = intake): Watchers {
    const watchers = watch(kubeConfigFor(way.url, token), into, database, options);
    running.push(watchers);
    return watchers;
  }
  const all = (watchers: Watchers) => [...watchers.health.live].sort().join() === STREAMS.join();
  const untilAll = (watchers: Watchers) => until('all streams are followed', () => all(watchers));
  const occurrences = async (name: string) => {
    const rows = await database.query<{ occurrences: string }>(
      'SELECT occurrences FROM watcher_condition WHERE name = $1 ORDER BY fingerprint',
      [name],
    );
    return rows.map((row) => Number(row.occurrences));
  };

  it('tell of nodes, and that they are well again or gone', async () => {
    await rig.node('n1', 'False');
    const watchers = start();
    await until('the node is told', () => intake.isFiring('node-not-ready', { node: 'n1' }));
    await untilAll(watchers);
    await rig.mergeStatus('/api/v1/nodes/n1', nodeStatus({ Ready: 'True', DiskPressure: 'True' }));
    await until(
      'one is over and one begun',
      () => !intake.isFiring('node-not-ready') && intake.isFiring('node-disk-pressure', { node: 'n1' }),
    );
    await rig.api.request('DELETE', '/api/v1/nodes/n1');
    await until('nothing is left of it', () => !intake.isFiring('node-disk-pressure'));
    expect(intake.alerts('node-not-ready')).toHaveLength(1);
    await until('its rows are gone', async () => (await database.query('SELECT 1 FROM watcher_condition')).length === 0);
  });

  it('need no more rights than the chart gives, and get none', async () => {
    const watchers = start();
    await untilAll(watchers);
    expect(watchers.health.concerns()).toEqual([]);
    const asked = async (path: string, method = 'GET') => {
      const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
      const answer = await fetch(`${rig.api.url}${path}`, { method, dispatcher, headers: { authorization: `Bearer ${token}` } });
      return answer.status;
    };
    expect(await asked('/api/v1/nodes')).toBe(200);
    expect(await asked('/readyz?verbose')).toBe(200);
    const forbidden = [
      '/api/v1/secrets',
      '/api/v1/configmaps',
      '/apis/apps/v1/replicasets',
      '/api/v1/nodes/n1',
      '/api/v1/namespaces',
      '/metrics',
    ];
    for (const path of forbidden) expect([path, await asked(path)]).toEqual([path, 403]);
    expect(await asked('/api/v1/namespaces/prod/events/some', 'DELETE')).toBe(403);
  });

  it('watch namespaces that are listed by their roles alone', async () => {
    for (const resource of ofWatchers(['notifier.kubernetes.watch=true'])) {
      if (resource.kind.startsWith('Cluster'))
        await rig.api.request('DELETE', `/apis/rbac.authorization.k8s.io/v1/${resource.kind.toLowerCase()}s/smartant-notifier-prod`);
    }
    const listed = ofWatchers(['notifier.kubernetes.watch=true', 'notifier.kubernetes.namespaces={prod}']);
    try {
      for (const resource of listed) await rig.api.apply(resource);
      await rig.event('of-listed', 'FailedMount', { kind: 'Pod', name: 'files-0' });
      const watchers = start({ namespaces: ['prod'] });
      await until('all of the namespace is followed', () => watchers.health.live.length === 7);
      await until('its warning is told', () => intake.isFiring('volume-mount-failed', { namespace: 'prod', workload: 'files' }));
      const blind = start({ namespaces: [] }, new RememberingIntake());
      await watchers.stop();
      await until('what may not be seen is said', () =>
        blind.health.concerns().some((concern) => concern.startsWith('nodes: ') && concern.includes('forbidden')),
      );
    } finally {
      for (const resource of ofWatchers(['notifier.kubernetes.watch=true'])) await rig.api.apply(resource);
    }
  });

  it('count what a cut watch has missed, once', async () => {
    const watchers = start();
    await untilAll(watchers);
    await rig.event('cut-1', 'BackOff', { kind: 'Pod', name: 'web-5d8f7c9b4-x2x4x' }, 1, 'Back-off restarting failed container');
    await until('it is told', () => intake.isFiring('pod-crash-looping', { workload: 'web' }));
    way.cut();
    await until('the cut is seen', () => watchers.health.live.length === 0);
    await rig.merge('/api/v1/namespaces/prod/events/cut-1', { count: 4 });
    await rig.event('cut-2', 'BackOff', { kind: 'Pod', name: 'web-5d8f7c9b4-z7z9z' }, 2, 'Back-off restarting failed container');
    await rig.node('lost', 'False');
    await rig.api.request('DELETE', '/api/v1/nodes/lost');
    way.open();
    await untilAll(watchers);
    await until('all are counted', async () => (await occurrences('pod-crash-looping'))[0] === 6);
    expect(intake.alerts('pod-crash-looping')).toHaveLength(1);
  });

  it('read the state anew when the version that they would go on from has expired, and double nothing', async () => {
    const watchers = start();
    await untilAll(watchers);
    await rig.event('old-1', 'FailedScheduling', { kind: 'Pod', name: 'db-0' }, 3);
    await rig.node('n2', 'False');
    await until(
      'both are told',
      () => intake.isFiring('pod-unschedulable', { workload: 'db' }) && intake.isFiring('node-not-ready', { node: 'n2' }),
    );
    way.cut();
    await rig.merge('/api/v1/namespaces/prod/events/old-1', { count: 5 });
    await rig.event('old-2', 'FailedScheduling', { kind: 'Pod', name: 'cache-0' });
    await rig.mergeStatus('/api/v1/nodes/n2', nodeStatus({ Ready: 'True', PIDPressure: 'True' }));
    await rig.stopApiServer();
    await rig.compact();
    await rig.startApiServerAnew();
    const before = await expiries();
    way.open();
    await until(
      'what was missed is made good',
      () => !intake.isFiring('node-not-ready', { node: 'n2' }) && intake.isFiring('node-pid-pressure', { node: 'n2' }),
    );
    await until('the warnings are, too', () => intake.isFiring('pod-unschedulable', { workload: 'cache' }));
    expect((await occurrences('pod-unschedulable')).sort()).toEqual([1, 5]);
    expect(intake.alerts('pod-unschedulable', { workload: 'db' })).toHaveLength(1);
    expect(await expiries()).toBeGreaterThan(before);
    await rig.api.request('DELETE', '/api/v1/nodes/n2');
  });

  it('say that the API server is away, and that it is back', async () => {
    const watchers = start();
    await untilAll(watchers);
    way.cut();
    await until(
      'its absence is known',
      async () => (await database.query(`SELECT 1 FROM watcher_condition WHERE name = 'api-server-unreachable'`)).length === 1,
    );
    // Half a minute of it has passed.
    await database.query(
      `UPDATE watcher_condition SET first_seen_at = first_seen_at - interval '31 seconds' WHERE name = 'api-server-unreachable'`,
    );
    await until('it is told', () => intake.isFiring('api-server-unreachable'));
    way.open();
    await until('it is over', () => !intake.isFiring('api-server-unreachable'));
    expect(intake.alerts('kubernetes-watch-failing')).toEqual([]);
  });

  it('go on in another replica when the leader is killed, and neither miss nor double', async () => {
    const dying = new Mortal(database);
    const first = watch(kubeConfigFor(way.url, token), intake, dying, {});
    await untilAll(first);
    const second = start();
    await rig.event('lead-1', 'OOMKilling', { kind: 'Node', name: 'n9' }, 2);
    await until('it is told by the first', () => intake.isFiring('oom-killed', { node: 'n9' }));
    expect([first.health.isLeading, second.health.isLeading]).toEqual([true, false]);
    // From here on it can neither write nor hand anything back, as after SIGKILL.
    dying.kill();
    await rig.merge('/api/v1/namespaces/prod/events/lead-1', { count: 7 });
    await rig.event('lead-2', 'OOMKilling', { kind: 'Node', name: 'n8' });
    await until('the second leads', () => second.health.isLeading);
    await until('it tells the rest', () => intake.isFiring('oom-killed', { node: 'n8' }));
    expect((await occurrences('oom-killed')).sort()).toEqual([1, 7]);
    expect(intake.alerts('oom-killed', { node: 'n9' })).toHaveLength(1);
    await first.stop();
    expect(first.health.isLeading).toBe(false);
  });

  it('refuse what a leader that was held up still writes', async () => {
    const slow = new Mortal(database);
    const first = watch(kubeConfigFor(way.url, token), intake, slow, {});
    await untilAll(first);
    slow.hold();
    const second = start();
    await until('the second leads', () => second.health.isLeading);
    await untilAll(second);
    await rig.event('held-1', 'FailedCreate', { kind: 'ReplicaSet', name: 'web-5d8f7c9b4' });
    slow.release();
    await until('the first knows', () => !first.health.isLeading);
    await until('it is told', () => intake.isFiring('pod-creation-failed'));
    expect(await occurrences('pod-creation-failed')).toEqual([1]);
    await first.stop();
  });

  it('go on after a restart where they were, with what happened meanwhile, and tell nothing twice', async () => {
    const first = start();
    await untilAll(first);
    await rig.event('again-1', 'Evicted', { kind: 'Pod', name: 'batch-0' }, 2);
    await rig.node('n3', 'False');
    await until(
      'both are told',
      () => intake.isFiring('pod-evicted', { workload: 'batch' }) && intake.isFiring('node-not-ready', { node: 'n3' }),
    );
    await first.stop();
    const told = intake.reports.length;
    await rig.event('again-2', 'Evicted', { kind: 'Pod', name: 'batch-1' });
    await rig.api.request('DELETE', '/api/v1/nodes/n3');
    const second = start();
    await untilAll(second);
    await until('the node’s end is told', () => !intake.isFiring('node-not-ready', { node: 'n3' }));
    await until('the eviction is counted', async () => (await occurrences('pod-evicted'))[0] === 3);
    expect(intake.alerts('pod-evicted')).toHaveLength(1);
    expect(intake.reports.slice(told).filter(({ name }) => name === 'pod-evicted')).toEqual([]);
  });

  it('lose nothing while the intake is away', async () => {
    intake.isAway = true;
    const watchers = start();
    await untilAll(watchers);
    await rig.node('n4', 'False');
    await until(
      'it is known',
      async () =>
        (await database.query(`SELECT 1 FROM watcher_condition WHERE name = 'node-not-ready' AND starts_at IS NOT NULL`)).length === 1,
    );
    await watchers.stop();
    intake.isAway = false;
    start();
    await until('it is told', () => intake.isFiring('node-not-ready', { node: 'n4' }));
    await rig.api.request('DELETE', '/api/v1/nodes/n4');
  });

  it('find the owner of a pod, its kills for want of memory, and what a cluster of many pages asks for', async () => {
    await rig.node('small', 'True', { pods: '110', cpu: '1', memory: '1Gi' });
    const pod = (index: number) => ({
      metadata: {
        name: `many-7c9b4d8f6-${String(index).padStart(3, '0')}`,
        namespace: 'prod',
        labels: { 'pod-template-hash': '7c9b4d8f6' },
      },
      spec: {
        nodeName: 'small',
        containers: [{ name: 'main', image: 'test', resources: { requests: { cpu: '3m' }, limits: { cpu: '1' } } }],
      },
    });
    const names = Array.from({ length: 330 }, (_, index) => index);
    for (let at = 0; at < names.length; at += 30)
      await Promise.all(names.slice(at, at + 30).map((index) => rig.create('/api/v1/namespaces/prod/pods', pod(index))));
    await rig.mergeStatus('/api/v1/namespaces/prod/pods/many-7c9b4d8f6-329', {
      phase: 'Running',
      containerStatuses: [
        {
          ...{ name: 'main', image: 'test', imageID: '', ready: false, restartCount: 2, state: { running: { startedAt: nowSeconds() } } },
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: nowSeconds(), finishedAt: nowSeconds() } },
        },
      ],
    });
    const watchers = start();
    await untilAll(watchers);
    await until('the kill is told', () => intake.isFiring('oom-killed', { namespace: 'prod' }));
    await until(
      'the full node is known',
      async () =>
        (await database.query(`SELECT 1 FROM watcher_condition WHERE name = 'node-capacity-low' AND labels->>'node' = 'small'`)).length >=
        1,
    );
    await rig.api.request('DELETE', '/api/v1/namespaces/prod/pods?gracePeriodSeconds=0');
    await until(
      'there is room again',
      async () => (await database.query(`SELECT 1 FROM watcher_condition WHERE name = 'node-capacity-low'`)).length === 0,
    );
    await rig.api.request('DELETE', '/api/v1/nodes/small');
  });

  it('end what was quiet', async () => {
    const watchers = start({ quietSeconds: 1 });
    await untilAll(watchers);
    await rig.event('quiet-1', 'FailedAttachVolume', { kind: 'Pod', name: 'disk-0' });
    await until('it is told', () => intake.alerts('volume-mount-failed', { workload: 'disk' }).length === 1);
    await until('it is over', () => !intake.isFiring('volume-mount-failed', { workload: 'disk' }));
  });
});

async function expiries(): Promise<number> {
  const metric = (await registry.getSingleMetric('smartant_notifier_watch_failures_total')?.get()) ?? { values: [] };
  return metric.values.filter(({ labels }) => labels['code'] === 'KUBERNETES_WATCH_EXPIRED').reduce((sum, { value }) => sum + value, 0);
}

/** A replica's way to its database, which can end, or hold everything up. */
class Mortal implements Pick<Database, 'query' | 'transaction'> {
  private gate: Promise<void> = Promise.resolve();
  private isDead = false;
  release: () => void = () => undefined;

  constructor(private readonly database: Database) {}

  kill(): void {
    this.isDead = true;
  }

  hold(): void {
    this.gate = new Promise((resolve) => (this.release = resolve));
  }

  async query<T>(sql: string, params?: unknown[]): Promise<T[]> {
    await this.pass();
    return this.database.query<T>(sql, params);
  }

  async transaction<T>(work: Parameters<Database['transaction']>[0]): Promise<T> {
    await this.pass();
    return this.database.transaction(work) as Promise<T>;
  }

  private async pass(): Promise<void> {
    await this.gate;
    if (this.isDead) throw new Error('the process is gone');
  }
}
