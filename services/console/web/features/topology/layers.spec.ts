import { layersOf } from './layers';
import type { PlatformService } from './queries';

const service = (name: string): PlatformService => ({ service: name, health: 'healthy', versions: [], instances: [], lastSeenAt: null });

it('puts services below who calls them, and those that it does not know among the workers', () => {
  const layers = layersOf(['notifier', 'something-new', 'scheduler', 'db-migrator'].map(service));
  expect(layers.map(([layer, of]) => [layer, of.map(({ service: name }) => name)])).toEqual([
    ['control', ['scheduler']],
    ['workers', ['something-new', 'db-migrator']],
    ['telling', ['notifier']],
  ]);
});
