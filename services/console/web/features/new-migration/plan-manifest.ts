import { stringify } from 'yaml';
import type { Calendar, DatabaseScope, HostScope, Limits, Plan, StorageScope } from './plan';

type Rates = Pick<Limits, 'bytesPerSecond' | 'requestsPerSecond' | 'concurrency'>;

/** The same migration for `smartant apply -f`: docs/guides/manifests.md. Sizes are bytes. A layout of the target's disks is the API's alone. */
export function manifestOf({ name, source, target, spec }: Plan): string {
  const manifest = {
    apiVersion: 'smartant.io/v1',
    kind: 'Migration',
    metadata: { name: name.trim() || `${source}-${target}` },
    spec: {
      source,
      target,
      ...scopeOf(spec),
      limits: spec.limits && limitsOf(spec.limits),
      priority: spec.priority,
      cutover: spec.cutover,
      incrementalInterval:
        'incrementalIntervalSeconds' in spec && spec.incrementalIntervalSeconds ? `${spec.incrementalIntervalSeconds}s` : undefined,
    },
  };
  // By way of JSON, so that what is undefined is no "null" of YAML.
  return stringify(JSON.parse(JSON.stringify(manifest)), { lineWidth: 100 });
}

function scopeOf(spec: Plan['spec']): object {
  if (spec.kind === 'storage') return { storage: spec.storage && storageOf(spec.storage) };
  if (spec.kind === 'database') return { database: databaseOf(spec.database ?? {}) };
  return { host: hostOf(spec.host ?? {}) };
}

function storageOf({ minSizeBytes, maxSizeBytes, partSizeBytes, ...scope }: StorageScope): object {
  return { ...scope, minSize: minSizeBytes, maxSize: maxSizeBytes, partSize: partSizeBytes };
}

function databaseOf({ maxRetainedWalBytes, ...scope }: DatabaseScope): object {
  return { ...scope, maxRetainedWal: maxRetainedWalBytes };
}

function hostOf({ sizes, imageBytes, layout: _layout, actions, probes, ...scope }: HostScope): object {
  return {
    ...scope,
    actions: actions?.map(withTimeout),
    probes: probes?.map(withTimeout),
    sizes: sizes && Object.fromEntries(sizes.map(({ mount, sizeBytes }) => [mount, sizeBytes])),
    imageSize: imageBytes,
  };
}

const withTimeout = <T extends { timeoutMs?: number }>({ timeoutMs, ...rest }: T) => ({
  ...rest,
  timeout: timeoutMs === undefined ? undefined : `${timeoutMs}ms`,
});

function limitsOf({ calendar, ...rates }: Limits): object {
  return { ...ratesOf(rates), calendar: calendar && calendarOf(calendar) };
}

function calendarOf({ timeZone, windows, outside }: Calendar): object {
  return {
    timeZone,
    windows: windows.map(({ limits, ...window }) => ({ ...window, limits: limits && ratesOf(limits) })),
    outside: typeof outside === 'object' ? ratesOf(outside) : outside,
  };
}

/** A bare number of a bandwidth would be KiB. */
function ratesOf({ bytesPerSecond, requestsPerSecond, concurrency }: Rates): object {
  return { bandwidth: bytesPerSecond === undefined ? undefined : `${bytesPerSecond}B`, requestsPerSecond, concurrency };
}
