import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from './render-chart';

const ROOT = join(__dirname, '..', '..');
/** Read by kind, helm and Docker. */
const NO_MANIFESTS = /^deploy\/(kind\/(cluster|values)|compose\/.*)\.yaml$/;
/**
 * Kinds without a schema here: that of an ApplicationSet is 390 KB, most of it generators that are not used; those of Tekton Triggers let every
 * field through (`tekton.spec.ts` looks at them).
 */
const NO_SCHEMA = ['ApplicationSet', 'EventListener', 'TriggerBinding', 'TriggerTemplate'];

/** Files with resources that are applied beside the chart; paths from the repository's root. */
export function filesBeside(): string[] {
  return ['deploy', 'istio/faults'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((file) => file.endsWith('.yaml') && !NO_MANIFESTS.test(file)),
  );
}

/** `unchecked`: of kinds without a schema. What a TriggerTemplate would start is among the checked ones. */
export function manifestsIn(file: string): { checked: Manifest[]; unchecked: Manifest[] } {
  const manifests = parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).map((document) => document.toJS() as Manifest);
  const started = manifests.flatMap(({ kind, spec }) =>
    kind === 'TriggerTemplate' ? (spec as unknown as { resourcetemplates: Manifest[] }).resourcetemplates : [],
  );
  const isChecked = ({ kind }: Manifest) => !NO_SCHEMA.includes(kind);
  return { checked: [...manifests.filter(isChecked), ...started], unchecked: manifests.filter((manifest) => !isChecked(manifest)) };
}
