import { describeIf } from '@smartant/test-servers';
import { PROFILES } from '../../tools/deploy/chart-profiles';
import { filesBeside, manifestsIn } from '../../tools/deploy/manifests-beside';
import { ChartCopy, helmBinary } from '../../tools/deploy/render-chart';
import { startControlPlane, type ControlPlane } from './control-plane';
import { whyNoMesh } from './mesh-programs';
import { otherDefinitions } from './other-definitions';

describeIf(whyNoMesh('etcd', 'kube-apiserver', 'pilot-discovery'), 'the chart, by an API server', () => {
  let plane: ControlPlane;
  let chart: ChartCopy;
  beforeAll(async () => {
    chart = new ChartCopy(helmBinary()!);
    plane = await startControlPlane();
    await plane.define(otherDefinitions());
  });
  afterAll(async () => {
    chart.remove();
    await plane?.stop();
  });

  it.each(PROFILES)('is taken without an unknown field or a wrong value (%s)', async (_name, files, values) => {
    const manifests = chart.render(values, files);
    expect(manifests.length).toBeGreaterThan(20);
    await plane.apply(manifests, { dryRun: true });
  });

  it.each(filesBeside())('is taken with %s beside it', async (file) => {
    const { checked } = manifestsIn(file);
    const named = new Set(checked.flatMap(({ metadata }) => metadata.namespace ?? []));
    await plane.apply([...named].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    // What is started gets its name from the API server; applying it needs one.
    const manifests = checked.map(({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, name: metadata.name ?? 'started' } }));
    await plane.apply(manifests, { dryRun: true });
  });

  it('would be refused with an unknown field', async () => {
    const service = chart.render().find(({ kind }) => kind === 'Service')!;
    const spoilt = { ...service, spec: { ...(service.spec as object), portz: [] } };
    await expect(plane.apply([spoilt], { dryRun: true })).rejects.toThrow(/portz/);
  });
});
