import type { PlatformService } from './queries';

/** Who is called by whom: what steers, what works, and what tells. */
const LAYERS = ['control', 'workers', 'telling'] as const;
type Layer = (typeof LAYERS)[number];

const LAYER_OF: Readonly<Record<string, Layer>> = {
  scheduler: 'control',
  'storage-migrator': 'workers',
  'db-migrator': 'workers',
  'host-migrator': 'workers',
  notifier: 'telling',
};

/** Layers that have services, from the top down. One that this version does not know works for the scheduler as all do. */
export function layersOf(services: readonly PlatformService[]): [Layer, PlatformService[]][] {
  const of = Map.groupBy(services, ({ service }) => LAYER_OF[service] ?? 'workers');
  return LAYERS.flatMap((layer) => {
    const found = of.get(layer);
    return found ? [[layer, found] as [Layer, PlatformService[]]] : [];
  });
}
