import { describeIf } from '@smartant/test-servers';
import { kubernetesVersions, ManifestSchemas } from './manifest-schemas';
import { filesBeside, manifestsIn } from './manifests-beside';

const versions = kubernetesVersions();

describeIf(
  versions.length > 0 ? null : 'schemas are not there: npm run provision -- kubernetes-schemas',
  'manifests beside the chart',
  () => {
    it.each(filesBeside())('%s is in order', (file) => {
      const schemas = new ManifestSchemas(versions.at(-1)!);
      const { checked, unchecked } = manifestsIn(file);
      expect(checked.length + unchecked.length).toBeGreaterThan(0);
      for (const manifest of checked) expect(schemas.problems(manifest)).toEqual([]);
    });
  },
);
