import type { Way } from '@smartant/connectors';
import { CANARY, migrationInput, operator, Rig } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const location = {
  kind: 's3' as const,
  serviceUrl: 'https://127.0.0.1:9000',
  region: 'us-east-1',
  bucket: 'stuff',
  prefix: '',
  addressing: 'path' as const,
};
const via: Way[] = [{ kind: 'proxy', host: '127.0.0.1', port: 3128, tls: false }];
const secret = { kind: 's3' as const, accessKeyId: 'access', secretAccessKey: CANARY };
const STEP = 'scheduler-006-ways-to-endpoints';

describe('beside a scheduler of an older version', () => {
  let rig: Rig;
  let core: SchedulerCore;
  const create = (name: string, changes: object) =>
    core.useCases.endpoints.create(operator, { name, location: { ...location, ...changes }, secret }, undefined);
  const steps = () => core.database.query('SELECT kind FROM schema_migration WHERE name = $1', [STEP]);

  beforeAll(async () => {
    rig = await Rig.open();
    core = await rig.started();
    await core.database.query(
      `INSERT INTO schema_instance (id, program, steps, seen_at)
       SELECT 'older', 'scheduler', array_remove(steps, $1), clock_timestamp() + interval '1 hour' FROM schema_instance LIMIT 1`,
      [STEP],
    );
  });
  afterAll(() => rig.close());

  it('an endpoint that it would misread is neither made nor changed into, and others are', async () => {
    await create('plain', {});
    for (const changes of [{ via }, { tls: { certificateSha256: 'ab'.repeat(32) } }]) {
      await expect(create('routed', changes)).rejects.toMatchObject({
        code: 'ENDPOINT_NEEDS_UPGRADE',
        kind: 'precondition',
        retryable: true,
      });
      const update = core.useCases.endpoints.update(operator, 'plain', { location: { ...location, ...changes }, secret });
      await expect(update).rejects.toMatchObject({ code: 'ENDPOINT_NEEDS_UPGRADE' });
    }
    const input = { ...migrationInput(), source: { location: { ...location, via }, secret } };
    await expect(core.useCases.migrations.create(operator, input, undefined)).rejects.toMatchObject({ code: 'ENDPOINT_NEEDS_UPGRADE' });
    expect(await steps()).toEqual([]);
  });

  it('it is made when that one is gone, and none can come back then', async () => {
    await core.database.query("DELETE FROM schema_instance WHERE id = 'older'");
    await create('unrouted', {});
    expect(await steps()).toEqual([]);
    await create('routed', { via });
    expect(await steps()).toEqual([{ kind: 'contract' }]);
  });
});
