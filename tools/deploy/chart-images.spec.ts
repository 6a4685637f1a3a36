import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { ChartCopy, helmBinary, type Manifest } from './render-chart';

const helm = helmBinary();
const DIGEST = `sha256:${'a'.repeat(64)}`;
const MODES = ['gateway.mode=dbless', 'gateway.mode=controller'];

interface Pod {
  imagePullSecrets?: { name: string }[];
  containers: { image: string }[];
}

describeIf(helm ? null : 'helm is not installed', 'images of the chart', () => {
  let chart: ChartCopy;
  beforeAll(() => void (chart = new ChartCopy(helm!)));
  afterAll(() => chart.remove());

  const podsOf = (manifests: Manifest[]) =>
    manifests
      .filter(({ kind }) => ['Deployment', 'Job'].includes(kind))
      .map(({ spec }) => (spec as unknown as { template: { spec: Pod } }).template.spec);
  const images = (...values: string[]) =>
    new Set(podsOf(chart.render(values)).flatMap(({ containers }) => containers.map(({ image }) => image)));
  const ours = (registry: string, tag: string) =>
    ['scheduler', 'storage-migrator', 'db-migrator', 'host-migrator', 'notifier', 'gateway-keys'].map(
      (name) => `${registry}/${name}:${tag}`,
    );

  it('are of the version that the chart was published as where nothing else is said', () => {
    const published = new ChartCopy(helm!);
    try {
      // As `helm package --app-version` does, which leaves the charts that it depends on alone.
      const file = join(published.path, 'Chart.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^appVersion: .*$/m, 'appVersion: 7.8.9'));
      const found = podsOf(published.render()).flatMap(({ containers }) => containers.map(({ image }) => image));
      expect(new Set(found)).toEqual(new Set([...ours('smartant', '7.8.9'), 'kong:3.9.1']));
    } finally {
      published.remove();
    }
  });

  it.each(MODES)('are at one registry, of one tag, with %s', (mode) => {
    const found = images(mode, 'image.registry=registry.example.com/smartant', 'image.tag=1.2.3', 'gateway.kong.image=mirror/kong:3.9.1');
    expect([...found].filter((image) => image !== 'mirror/kong:3.9.1').sort()).toEqual(
      ours('registry.example.com/smartant', '1.2.3').sort(),
    );
  });

  it.each(MODES)('are pulled with the same secrets, with %s', (mode) => {
    for (const { imagePullSecrets } of podsOf(chart.render([mode, 'imagePullSecrets[0].name=registry'])))
      expect(imagePullSecrets).toEqual([{ name: 'registry' }]);
  });

  it('are those of a digest before a tag', () => {
    const found = images(
      'image.tag=1.2.3',
      `services.scheduler.digest=${DIGEST}`,
      `gateway.kong.keysImage=registry.example.com/gateway-keys@${DIGEST}`,
    );
    expect(found).toContain(`smartant/scheduler@${DIGEST}`);
    expect(found).toContain(`registry.example.com/gateway-keys@${DIGEST}`);
    expect(found).toContain('smartant/db-migrator:1.2.3');
  });
});
