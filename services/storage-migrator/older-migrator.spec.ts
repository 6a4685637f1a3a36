import type { Endpoint } from './domain/run';
import { MigratorRig } from './testkit/migrator-rig';

const STEP = 'storage-0003-ways-to-endpoints';

describe('beside a migrator of an older version', () => {
  let rig: MigratorRig;
  beforeAll(async () => {
    rig = await MigratorRig.start();
    await rig.database.query(
      `INSERT INTO schema_instance (id, program, steps, seen_at)
       SELECT 'older', 'storage-migrator', array_remove(steps, $1), clock_timestamp() + interval '1 hour' FROM schema_instance LIMIT 1`,
      [STEP],
    );
  });
  afterAll(() => rig.stop());

  const routed = ({ location, ...endpoint }: Endpoint): Endpoint =>
    ({ ...endpoint, location: { ...location, via: [{ kind: 'proxy', host: '127.0.0.1', port: 1, tls: false }] } }) as Endpoint;

  it('a run whose endpoints it would reach directly is not stored until that one is gone', async () => {
    const migrator = rig.process({ slots: 0 });
    const [source, target] = [await rig.bucket(), await rig.bucket()];
    await migrator.runs.start(rig.order(rig.migration(source, target), 'full'));
    const order = rig.order(rig.migration(routed(source), target), 'full');
    await expect(migrator.runs.start(order)).rejects.toMatchObject({ code: 'RUN_NEEDS_UPGRADE', kind: 'unavailable', retryable: true });
    await expect(migrator.runs.get(order.runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await rig.database.query("DELETE FROM schema_instance WHERE id = 'older'");
    expect((await migrator.runs.start(order)).run).toMatchObject({ runId: order.runId, source: order.source });
    expect(await rig.database.query('SELECT kind FROM schema_migration WHERE name = $1', [STEP])).toEqual([{ kind: 'contract' }]);
  });
});
