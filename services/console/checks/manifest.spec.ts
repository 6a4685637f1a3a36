import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

/** Loaded by name: neither may depend on the other, and this is what holds them together. */
const { readManifests } = jest.requireActual<{ readManifests: (text: string) => { spec: object }[] }>(join(ROOT, 'cli/manifest/manifest'));
const { manifestOf } = jest.requireActual<{ manifestOf: (plan: object) => string }>(
  join(ROOT, 'services/console/web/features/new-migration/plan-manifest'),
);

const read = (spec: object, name = 'photos') => readManifests(manifestOf({ name, source: 'old', target: 'new', spec }))[0];
const calendar = {
  timeZone: 'Asia/Shanghai',
  windows: [{ days: ['mon', 'sun'], from: '22:00', to: '06:00', limits: { bytesPerSecond: 1_000, requestsPerSecond: 0, concurrency: 0 } }],
  outside: 'stop',
};

describe('a manifest that the console shows is what the command line reads', () => {
  it('for object storage, with limits in bytes', () => {
    const storage = { include: ['2026/**', "it's: *odd*"], minSizeBytes: 3_000, deletePolicy: 'keep', verify: 'inventory' };
    const limits = { bytesPerSecond: 1_500_001, concurrency: 4, calendar };
    expect(
      read({ kind: 'storage', storage, limits, priority: 9, cutover: { mode: 'automatic' }, incrementalIntervalSeconds: 90 }),
    ).toMatchObject({
      metadata: { name: 'photos' },
      spec: {
        source: 'old',
        target: 'new',
        storage: { include: ['2026/**', "it's: *odd*"], minSize: 3_000, deletePolicy: 'keep', verify: 'inventory' },
        limits: { bandwidth: 1_500_001, concurrency: 4, calendar },
        priority: 9,
        cutover: { mode: 'automatic' },
        incrementalInterval: 90,
      },
    });
  });

  it('for databases', () => {
    const database = { includeSchemas: ['app'], includeTables: ['*.log'], mode: 'live', reverse: false, maxRetainedWalBytes: 2 ** 30 };
    expect(read({ kind: 'database', database })?.spec).toMatchObject({ database });
    // Without it the manifest would be one of object storage.
    expect(read({ kind: 'database' })?.spec).toHaveProperty('database', {});
  });

  it('for hosts', () => {
    const host = {
      engine: 'blocks',
      exclude: ['/var/tmp/**'],
      stopServices: ['nginx'],
      confirmedDisks: ['0123'],
      sizes: [{ mount: '/', sizeBytes: 5_000 }],
      probes: [{ kind: 'tcp', port: 22, timeoutMs: 5_000 }],
    };
    expect(read({ kind: 'host', host })?.spec).toMatchObject({ host });
  });

  it('without a name of its own', () => expect(read({ kind: 'storage' }, '')).toMatchObject({ metadata: { name: 'old-new' } }));
});
