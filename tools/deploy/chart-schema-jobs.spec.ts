import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const ROOT = join(__dirname, '..', '..');
const helm = helmBinary();
const SERVICES = ['db-migrator', 'host-migrator', 'notifier', 'scheduler', 'storage-migrator'];

interface Job {
  metadata: { name: string; annotations: Record<string, string> };
  spec: {
    activeDeadlineSeconds: number;
    ttlSecondsAfterFinished?: number;
    template: {
      metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
      spec: {
        restartPolicy: string;
        serviceAccountName?: string;
        priorityClassName?: string;
        automountServiceAccountToken: boolean;
        securityContext: object;
        containers: {
          image: string;
          command: string[];
          env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
          envFrom?: object[];
          securityContext: object;
          resources: { requests?: object; limits?: object };
        }[];
      };
    };
  };
}

describeIf(helm ? null : 'helm is not installed', 'schema jobs of the chart', () => {
  let chart: ChartCopy;
  beforeAll(() => {
    chart = new ChartCopy(helm!);
  });
  afterAll(() => chart.remove());

  const manifests = (...values: string[]) => chart.render(values);
  const jobsOf = (all: Manifest[]) => all.filter(({ kind }) => kind === 'Job') as unknown as Job[];

  it('run the command of each service’s own image before anything is installed or replaced', () => {
    const jobs = jobsOf(manifests('image.registry=registry.example.com/smartant', 'image.tag=1.2.3'));
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(SERVICES.map((name) => `${name}-schema-v1`));
    for (const [index, { metadata, spec }] of jobs.entries()) {
      const service = SERVICES[index]!;
      expect(metadata.annotations).toMatchObject({
        'helm.sh/hook': 'pre-install,pre-upgrade',
        'helm.sh/hook-delete-policy': 'before-hook-creation',
      });
      const [container] = spec.template.spec.containers;
      expect(container!.image).toBe(`registry.example.com/smartant/${service}:1.2.3`);
      expect(container!.command.at(-1)).toBe(`services/${service}/dist/migrate-schema.js`);
      expect(existsSync(join(ROOT, 'services', service, 'migrate-schema.ts'))).toBe(true);
      expect(spec.activeDeadlineSeconds).toBeGreaterThan(0);
      // Argo CD would wait for ever for a Job that took itself away.
      expect(spec.ttlSecondsAfterFinished).toBeUndefined();
    }
  });

  it('need nothing that the chart itself brings, since a hook comes before it', () => {
    const all = manifests('priorityClass.create=true');
    for (const { spec } of jobsOf(all)) {
      const pod = spec.template.spec;
      expect([pod.serviceAccountName, pod.priorityClassName, pod.automountServiceAccountToken]).toEqual([undefined, undefined, false]);
      const made = all.filter(({ kind }) => ['Secret', 'ConfigMap', 'ServiceAccount'].includes(kind)).map(({ metadata }) => metadata.name);
      for (const { name } of pod.containers.flatMap(({ env }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])))
        expect(made).not.toContain(name);
    }
  });

  it('are told of the database and of no other secret', () => {
    for (const { spec } of jobsOf(manifests('services.scheduler.secretName=theirs'))) {
      const [container] = spec.template.spec.containers;
      expect(container!.envFrom).toBeUndefined();
      expect(container!.env).toEqual([
        {
          name: 'SMARTANT_DATABASE_URL',
          valueFrom: { secretKeyRef: { name: expect.any(String) as string, key: 'SMARTANT_DATABASE_URL' } },
        },
      ]);
    }
    expect(JSON.stringify(jobsOf(manifests('services.scheduler.secretName=theirs')))).toContain('"name":"theirs"');
  });

  it('end in a mesh: without a sidecar, or with one that is told to', () => {
    for (const { spec } of jobsOf(manifests())) {
      expect(spec.template.metadata.labels['sidecar.istio.io/inject']).toBe('false');
      expect(spec.template.spec.restartPolicy).toBe('Never');
    }
    for (const { spec } of jobsOf(manifests('schemaJob.sidecar=true'))) {
      expect(spec.template.metadata.labels['sidecar.istio.io/inject']).toBe('true');
      expect(spec.template.metadata.annotations).toEqual({ 'proxy.istio.io/config': '{"holdApplicationUntilProxyStarts": true}' });
      expect(spec.template.spec.containers[0]!.env.at(-1)).toEqual({
        name: 'SMARTANT_PROXY_QUIT_URL',
        value: 'http://127.0.0.1:15020/quitquitquit',
      });
    }
  });

  it('are let through to databases, and taken for a replica by nobody', () => {
    const all = manifests();
    const selectors = all
      .filter(({ kind }) => ['Service', 'Deployment', 'PodDisruptionBudget'].includes(kind))
      .map(({ spec }) => {
        const { selector } = spec as unknown as { selector: Record<string, string> & { matchLabels?: Record<string, string> } };
        return selector.matchLabels ?? selector;
      });
    const matches = (selector: Record<string, string>, labels: Record<string, string>) =>
      Object.entries(selector).every(([name, value]) => labels[name] === value);
    const common = all.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'smartant-common')!;
    const { podSelector } = common.spec as unknown as { podSelector: { matchLabels: Record<string, string> } };
    for (const { spec } of jobsOf(all)) {
      const { labels } = spec.template.metadata;
      expect(matches(podSelector.matchLabels, labels)).toBe(true);
      expect(selectors.filter((selector) => matches(selector, labels))).toEqual([]);
    }
  });

  it('are as confined as the services', () => {
    for (const { spec } of jobsOf(manifests())) {
      const pod = spec.template.spec;
      expect(pod.securityContext).toEqual({ runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.containers[0]!.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(pod.containers[0]!.resources).toMatchObject({ requests: expect.any(Object) as object, limits: expect.any(Object) as object });
    }
  });

  it('go before a canary with its own image, and not where they are switched off', () => {
    const jobs = jobsOf(manifests('services.db-migrator.canary.version=v2', 'services.db-migrator.canary.tag=next'));
    const images = jobs.map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]!.image]);
    expect(images).toContainEqual(['db-migrator-schema-v2', 'smartant/db-migrator:next']);
    expect(images).toContainEqual(['db-migrator-schema-v1', 'smartant/db-migrator:0.1.0']);
    expect(jobsOf(manifests('schemaJob.enabled=false'))).toEqual([]);
  });
});
