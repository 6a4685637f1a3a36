import { Capacity } from './capacity';
import { nodeFindings } from './node-findings';
import { quantityOf } from './quantity';
import { readinessFindings } from './readiness-findings';
import {
  autoscalerFindings,
  claimFindings,
  componentFindings,
  daemonSetFindings,
  deploymentFindings,
  quotaFindings,
} from './workload-findings';

const RULES = { cordonedSeconds: 3_600 };
const named = (findings: readonly { name: string }[]) => findings.map(({ name }) => name);
const at = (namespace: string, name = 'web') => ({ metadata: { name, namespace } });

describe('a quantity', () => {
  it.each([
    ['250m', 0.25],
    ['4', 4],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['128974848', 128974848],
    ['129e6', 129e6],
    ['500n', 5e-7],
    ['2E', 2e18],
    ['', 0],
    [undefined, 0],
    ['many', 0],
    ['1Q', 0],
    ['1.2.3', 0],
  ])('%s is %d', (text, value) => expect(quantityOf(text)).toBeCloseTo(value, 9));
});

describe('a node', () => {
  const node = (conditions: [string, 'True' | 'False' | 'Unknown'][], unschedulable = false) => ({
    metadata: { name: 'n1' },
    spec: { unschedulable },
    status: {
      conditions: conditions.map(([type, status]) => ({
        type,
        status,
        reason: 'R',
        message: 'M',
        lastTransitionTime: '2026-11-29T10:00:00Z',
      })),
    },
  });

  it('that is well has no findings, and neither has one that said nothing yet', () => {
    const well = node([
      ['Ready', 'True'],
      ['MemoryPressure', 'False'],
      ['DiskPressure', 'False'],
      ['PIDPressure', 'False'],
      ['NetworkUnavailable', 'False'],
    ]);
    expect(nodeFindings(well, RULES)).toEqual([]);
    expect(nodeFindings({ metadata: { name: 'n1' } }, RULES)).toEqual([]);
  });

  it.each(['False', 'Unknown'] as const)('is not ready when Ready is %s', (status) => {
    const [finding, ...more] = nodeFindings(
      node([
        ['Ready', status],
        ['DiskPressure', 'Unknown'],
      ]),
      RULES,
    );
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ name: 'node-not-ready', severity: 'critical', labels: { node: 'n1' }, holdSeconds: 0 });
    expect(finding!.annotations).toEqual({ reason: 'R', message: 'M', since: '2026-11-29T10:00:00Z', status });
  });

  it('is under each pressure that it tells, without network, and cordoned', () => {
    const bad = node(
      [
        ['MemoryPressure', 'True'],
        ['DiskPressure', 'True'],
        ['PIDPressure', 'True'],
        ['NetworkUnavailable', 'True'],
        ['Ready', 'True'],
      ],
      true,
    );
    expect(named(nodeFindings(bad, RULES))).toEqual([
      'node-memory-pressure',
      'node-disk-pressure',
      'node-pid-pressure',
      'node-network-unavailable',
      'node-cordoned',
    ]);
    expect(nodeFindings(bad, RULES).at(-1)).toMatchObject({ severity: 'info', holdSeconds: 3_600 });
  });
});

describe('a workload', () => {
  it('is unavailable in part, or down, which is critical for the cluster’s own and SmartAnt’s', () => {
    const deployment = (namespace: string, available: number) => ({
      ...at(namespace),
      spec: { replicas: 3 },
      status: { availableReplicas: available },
    });
    expect(deploymentFindings(deployment('prod', 3), 'prod')).toEqual([]);
    expect(deploymentFindings(deployment('prod', 2), 'prod')[0]).toMatchObject({
      name: 'deployment-unavailable',
      severity: 'warning',
      labels: { tier: 'platform' },
    });
    expect(deploymentFindings(deployment('prod', 0), 'prod')[0]).toMatchObject({ name: 'deployment-down', severity: 'critical' });
    expect(deploymentFindings(deployment('kube-system', 0), 'prod')[0]).toMatchObject({
      severity: 'critical',
      labels: { tier: 'cluster' },
    });
    expect(deploymentFindings(deployment('shop', 0), 'prod')[0]).toMatchObject({
      severity: 'warning',
      labels: { tier: 'workload', namespace: 'shop', deployment: 'web' },
    });
    expect(deploymentFindings({ ...at('shop'), spec: { replicas: 0 } }, 'prod')).toEqual([]);
    expect(
      daemonSetFindings({ ...at('kube-system', 'proxy'), status: { desiredNumberScheduled: 3, numberAvailable: 1 } }, 'prod')[0],
    ).toMatchObject({
      name: 'daemonset-unavailable',
      annotations: { wanted: '3', available: '1' },
    });
  });

  it('of the control plane is told by its pod, others’ pods are not', () => {
    const pod = (namespace: string, tier: string, status: 'True' | 'False') => ({
      metadata: { name: 'etcd-m1', namespace, labels: { tier, component: 'etcd' } },
      status: { conditions: [{ type: 'Ready', status }] },
    });
    expect(componentFindings(pod('kube-system', 'control-plane', 'False'))[0]).toMatchObject({
      name: 'component-not-ready',
      labels: { component: 'etcd', pod: 'etcd-m1' },
    });
    expect(componentFindings(pod('kube-system', 'control-plane', 'True'))).toEqual([]);
    expect(componentFindings(pod('kube-system', 'app', 'False'))).toEqual([]);
    expect(componentFindings(pod('shop', 'control-plane', 'False'))).toEqual([]);
  });

  it('reaches its quota, resource by resource', () => {
    const quota = {
      ...at('shop', 'all'),
      status: {
        hard: { pods: '10', 'requests.cpu': '4', secrets: '0', services: '5' },
        used: { pods: '10', 'requests.cpu': '3600m', secrets: '0', services: '2' },
      },
    };
    expect(quotaFindings(quota).map(({ name, labels, annotations }) => [name, labels['resource'], annotations['usedPercent']])).toEqual([
      ['quota-exhausted', 'pods', '100'],
      ['quota-near-limit', 'requests.cpu', '90'],
    ]);
  });

  it('waits for its volume, or has lost it', () => {
    expect(named(claimFindings({ ...at('shop'), status: { phase: 'Pending' } }))).toEqual(['volume-claim-pending']);
    expect(named(claimFindings({ ...at('shop'), status: { phase: 'Lost' } }))).toEqual(['volume-claim-lost']);
    expect(claimFindings({ ...at('shop'), status: { phase: 'Bound' } })).toEqual([]);
  });

  it('is scaled as far as it may be, or by figures that nobody gives', () => {
    const scaled = (conditions: object[], current: number) => ({
      ...at('shop'),
      spec: { minReplicas: 1, maxReplicas: 4 },
      status: { currentReplicas: current, conditions: conditions as never },
    });
    const limited = { type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas' };
    expect(named(autoscalerFindings(scaled([limited], 4)))).toEqual(['autoscaler-maxed-out']);
    expect(autoscalerFindings(scaled([{ ...limited, reason: 'TooFewReplicas' }], 1))).toEqual([]);
    expect(named(autoscalerFindings(scaled([{ type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' }], 2)))).toEqual([
      'autoscaler-blind',
    ]);
    expect(autoscalerFindings(scaled([{ type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' }], 0))).toEqual([]);
  });
});

describe('the API server', () => {
  it('is ready, not to be asked by us, away, or fails checks', () => {
    expect(readinessFindings({ kind: 'answered', status: 200, body: '[+]ping ok\nreadyz check passed' })).toEqual([]);
    expect(readinessFindings({ kind: 'answered', status: 403, body: '' })).toEqual([]);
    expect(named(readinessFindings({ kind: 'unreachable', why: 'refused' }))).toEqual(['api-server-unreachable']);
    expect(named(readinessFindings({ kind: 'answered', status: 502, body: '<html>' }))).toEqual(['api-server-not-ready']);
    const body = '[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac failed: not finished\nreadyz check failed';
    expect(readinessFindings({ kind: 'answered', status: 500, body }).map(({ labels }) => labels['check'])).toEqual([
      'etcd',
      'poststarthook/rbac',
    ]);
  });
});

describe('capacity', () => {
  const node = (name: string, allocatable: Record<string, string>, ready: 'True' | 'False' = 'True') => ({
    metadata: { name },
    status: { allocatable, conditions: [{ type: 'Ready', status: ready }] },
  });
  const pod = (name: string, nodeName: string | undefined, cpu: string, phase = 'Running') => ({
    metadata: { name, namespace: 'shop' },
    spec: { ...(nodeName && { nodeName }), containers: [{ resources: { requests: { cpu, memory: '1Gi' } } }] },
    status: { phase },
  });
  const told = (capacity: Capacity) =>
    capacity.findings().map(({ name, labels }) => [name, labels['node'] ?? '', labels['resource']].join(' '));

  it('is asked for by the pods that are on a node, as the scheduler counts them', () => {
    const capacity = new Capacity();
    capacity.setNode(node('a', { pods: '10', cpu: '4', memory: '64Gi' }));
    capacity.setNode(node('b', { pods: '10', cpu: '4', memory: '64Gi' }));
    capacity.setPod(pod('p1', 'a', '3500m'));
    expect(told(capacity)).toEqual([]);
    capacity.setPod(pod('p2', 'a', '400m'));
    capacity.setPod(pod('p3', undefined, '4'));
    expect(told(capacity)).toEqual(['node-capacity-low a cpu']);
    capacity.setPod(pod('p3', 'b', '3500m'));
    expect(told(capacity)).toEqual(['node-capacity-low a cpu', 'cluster-capacity-low  cpu']);
    // Done, gone, and counted no more.
    capacity.setPod(pod('p2', 'a', '400m', 'Succeeded'));
    capacity.removePod('shop', 'p3');
    expect(told(capacity)).toEqual([]);
  });

  it('counts pods, and leaves out nodes that take none', () => {
    const capacity = new Capacity();
    capacity.setNode(node('a', { pods: '2', cpu: '4', memory: '64Gi' }));
    capacity.setNode(node('away', { pods: '2', cpu: '4', memory: '64Gi' }, 'False'));
    for (const name of ['p1', 'p2']) capacity.setPod(pod(name, 'a', '1m'));
    for (const name of ['p3', 'p4']) capacity.setPod(pod(name, 'away', '1m'));
    expect(told(capacity)).toEqual(['node-capacity-low a pods', 'cluster-capacity-low  pods']);
    capacity.keepPods(null, new Set(['shop/p1']));
    expect(told(capacity)).toEqual([]);
    capacity.keepNodes(new Set());
    expect(capacity.findings()).toEqual([]);
  });

  it('of a pod is that of its containers, or of the largest that starts before them, beside its sidecars', () => {
    const capacity = new Capacity();
    capacity.setNode(node('a', { pods: '100', cpu: '4', memory: '64Gi' }));
    const asks = (cpu: string) => ({ resources: { requests: { cpu } } });
    const spec = {
      nodeName: 'a',
      containers: [asks('1')],
      initContainers: [{ ...asks('1'), restartPolicy: 'Always' }, asks('2600m')],
      overhead: { cpu: '200m' },
    };
    capacity.setPod({ metadata: { name: 'p', namespace: 'shop' }, spec, status: { phase: 'Pending' } });
    // 1 + 2.6 + 0.2 of 4.
    expect(capacity.findings()[0]).toMatchObject({ name: 'node-capacity-low', annotations: { requestedPercent: '95' } });
    capacity.setPod({
      metadata: { name: 'p', namespace: 'shop' },
      spec: { ...spec, resources: { requests: { cpu: '100m' } } },
      status: {},
    });
    expect(capacity.findings()).toEqual([]);
  });
});
