/**
 * Leaves what only builds and tests out of a document of `npm sbom`. Its own `--omit dev` also drops packages that ship *and* that a build tool
 * needs (npm 11: `pg`, `yaml`), so what ships is taken from the lockfile's marks.
 */
export function withoutBuildTools(document, lockfile) {
  const shipped = new Set(
    Object.entries(lockfile.packages)
      .filter(([path, entry]) => path.includes('node_modules/') && !entry.dev)
      .map(([path, { name, version }]) => `${name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`),
  );
  const isOurs = (component) => component.properties?.some(({ name }) => name === 'cdx:npm:package:private');
  const components = document.components.filter((component) => isOurs(component) || shipped.has(packageOf(component.purl)));
  const kept = new Set([document.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
  const dependencies = document.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
  return { ...document, components, dependencies };
}

/** `pkg:npm/%40scope/name@1.2.3?…` as npm writes it. */
const packageOf = (purl) => decodeURIComponent(purl.replace(/^pkg:npm\//, '').replace(/[?#].*$/, ''));
