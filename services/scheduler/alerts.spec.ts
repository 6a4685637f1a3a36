import { commonV1 } from '@smartant/contracts';
import type { DomainEvent } from '@smartant/platform/events';
import { registry } from '@smartant/platform/metrics';
import { ALERTS_TOPIC } from './adapters/events/alert-event';
import { publishConditions } from './adapters/observability/alert-telemetry';
import type { Caller } from './application/use-cases';
import type { AlertSettings } from './alert-parts';
import { fingerprintOf } from './domain/alerting/fingerprint';
import { CANARY, databaseInput, eventually, inState, migrationInput, operator, Rig, until } from './fixtures/scheduler-under-test';
import type { SchedulerCore } from './scheduler-core';

const { Phase } = commonV1;
const owner: Caller = { ...operator, role: 'owner' };
/** Nothing is looked at by itself but what happens. */
const ONLY_CHANGES: Partial<AlertSettings> = { tickMs: 3_600_000, endpointTrialMs: 0 };
const ALL_THE_TIME: Partial<AlertSettings> = { tickMs: 50, endpointTrialMs: 0 };

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

async function heardBy(core: SchedulerCore, group = 'spec'): Promise<DomainEvent[]> {
  const heard: DomainEvent[] = [];
  await core.bus.subscribe({ topic: ALERTS_TOPIC, group, handler: async (event) => void heard.push(event) });
  return heard;
}

const dataOf = (event: DomainEvent) => event.data as Record<string, string> & { labels: Record<string, string> };
const conditions = async (core: SchedulerCore, filter = {}) => (await core.useCases.alerts.conditions(owner, filter, {})).items;

/** A migration whose full copy fails. */
async function failing(core: SchedulerCore): Promise<string> {
  rig.migrator.ending = ({ phase }) =>
    phase === Phase.PHASE_FULL
      ? {
          status: commonV1.Status.STATUS_FAILED,
          error: { code: 'STORAGE_ACCESS_DENIED', message: 'No.', hint: 'Grant it.', retryable: false },
        }
      : {};
  const { id } = await core.useCases.migrations.create(operator, { ...migrationInput(), name: 'photos' }, undefined);
  await until(core, id, inState('full', 'failed'));
  return id;
}

/** Makes nothing due until somebody looks again: the present state stays as it is. */
async function runningFor(core: SchedulerCore, input = migrationInput()): Promise<string> {
  rig.migrator.held.add(Phase.PHASE_FULL);
  const { id } = await core.useCases.migrations.create(operator, input, undefined);
  await until(core, id, inState('full', 'running'));
  return id;
}

describe('a failure', () => {
  it('is told at once, without a secret; and that it is over when it is tried again', async () => {
    const core = await rig.started({ alerts: ONLY_CHANGES });
    const heard = await heardBy(core);
    const id = await failing(core);
    await eventually(() => heard.length === 1);
    const [fired] = heard;
    expect(fired).toMatchObject({ type: 'io.smartant.alert.firing.v1', workspaceId: operator.workspaceId, version: 1 });
    const { labels, fingerprint, name, startsAt, endsAt, severity, migrationId } = dataOf(fired!);
    expect({ name, severity, migrationId, endsAt }).toEqual({
      name: 'migration-failed',
      severity: 'critical',
      migrationId: id,
      endsAt: undefined,
    });
    expect(labels).toEqual({ migration_id: id, migration: 'photos', kind: 'storage', phase: 'full', error_code: 'STORAGE_ACCESS_DENIED' });
    expect(fingerprint).toBe(fingerprintOf(operator.workspaceId, 'migration-failed', labels));
    expect(fired!.key).toBe(fingerprint);
    expect(JSON.stringify(heard)).not.toContain(CANARY);
    expect(await conditions(core, { state: 'firing' })).toMatchObject([{ fingerprint, rule: 'migration-failed', migrationId: id }]);
    await publishConditions(core.unitOfWork.direct.alerts);
    expect(await registry.metrics()).toMatch(/smartant_alert_conditions\{.*rule="migration-failed".*state="firing".*\} 1/);

    rig.migrator.ending = () => ({});
    await core.useCases.migrations.act(operator, id, 'retry', {});
    await eventually(() => heard.length === 2);
    expect(heard[1]).toMatchObject({ type: 'io.smartant.alert.resolved.v1', key: fingerprint, version: 2 });
    expect(dataOf(heard[1]!)).toMatchObject({ startsAt, endsAt: expect.stringMatching(/^20/) });
  });

  it('is over when its migration is deleted, or its rule is off', async () => {
    const core = await rig.started({ alerts: ONLY_CHANGES });
    const heard = await heardBy(core);
    const id = await failing(core);
    await eventually(() => heard.length === 1);
    await core.useCases.alerts.set(owner, 'migration-failed', { enabled: false }, {});
    await core.lookForAlerts();
    await eventually(() => heard.length === 2);
    await core.useCases.alerts.reset(owner, 'migration-failed', {});
    await core.lookForAlerts();
    await eventually(() => heard.length === 3);
    await core.useCases.migrations.remove(owner, id);
    await eventually(() => heard.length === 4);
    expect(heard.map(({ type }) => type.split('.')[3])).toEqual(['firing', 'resolved', 'firing', 'resolved']);
  });
});

describe('what lasts', () => {
  it('is told once by any number of replicas, again when it is time, and by whichever is left', async () => {
    const first = await rig.started({ alerts: ALL_THE_TIME });
    const second = await rig.started({ alerts: ALL_THE_TIME });
    const heard = await heardBy(second);
    await failing(first);
    await eventually(() => heard.length > 0);
    for (let look = 0; look < 5; look += 1) await Promise.all([first.lookForAlerts(), second.lookForAlerts()]);
    await rig.kill(first);
    await second.lookForAlerts();
    expect(heard).toHaveLength(1);
    // As if it had been told long ago.
    await second.database.query(`UPDATE alert_condition SET condition = (condition::jsonb || '{"toldAtMs": 1}')::json`);
    await eventually(() => heard.length > 1);
    expect(heard[1]).toMatchObject({ type: 'io.smartant.alert.firing.v1', key: heard[0]!.key, version: 2 });
  });

  it('is told by the next replica when one died before its transaction was through, and by none twice', async () => {
    const dying = await rig.replica({ alerts: ONLY_CHANGES });
    await dying.database.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as if it had died here'; END $$;
      CREATE TRIGGER dies BEFORE INSERT ON outbox FOR EACH ROW WHEN (NEW.event->>'topic' = '${ALERTS_TOPIC}') EXECUTE FUNCTION refuse()`);
    await dying.start();
    const id = await failing(dying);
    await expect(dying.lookForAlerts()).rejects.toThrow('as if it had died here');
    expect(await conditions(dying)).toEqual([]);
    await dying.database.query('DROP TRIGGER dies ON outbox');
    await rig.kill(dying);

    const next = await rig.started({ alerts: ALL_THE_TIME });
    const heard = await heardBy(next);
    await eventually(() => heard.length > 0);
    await next.lookForAlerts();
    expect(heard).toHaveLength(1);
    expect(dataOf(heard[0]!)).toMatchObject({ migrationId: id, name: 'migration-failed' });
  });
});

describe('a look at everything', () => {
  it('goes through all migrations in pages, and sees what stands still, each once', async () => {
    const core = await rig.started({ alerts: ONLY_CHANGES });
    const ids = [await runningFor(core), await runningFor(core), await runningFor(core)];
    await core.lookForAlerts();
    expect(await conditions(core)).toEqual([]);
    await core.driver.stop();
    await core.database.query(`UPDATE migration SET moved_at = now() - interval '1 hour' WHERE id = ANY($1::text[])`, [ids.slice(0, 2)]);
    await core.lookForAlerts();
    const seen = await conditions(core, { rule: 'migration-stalled' });
    expect(seen.map(({ migrationId }) => migrationId).sort()).toEqual(ids.slice(0, 2));
    const page = await core.useCases.alerts.conditions(owner, {}, { pageSize: 1 });
    const rest = await core.useCases.alerts.conditions(owner, {}, { pageSize: 1, pageToken: page.nextPageToken! });
    expect([...page.items, ...rest.items]).toEqual(seen);
  });

  it('lets one fact that cannot be read keep nobody else from being seen, and what was known of it stays', async () => {
    const core = await rig.started({ alerts: ONLY_CHANGES });
    const [odd, other] = [await failing(core), await failing(core)];
    await core.lookForAlerts();
    await core.database.query(
      `UPDATE migration SET state = (state::jsonb - 'timings' || '{"status": "running", "ledger": null}')::json WHERE id = $1`,
      [odd],
    );
    await core.database.query(`UPDATE migration SET state = (state::jsonb || '{"status": "waiting"}')::json WHERE id = $1`, [other]);
    await core.lookForAlerts();
    const states = (await conditions(core)).map(({ migrationId, state }) => [migrationId, state]);
    expect(Object.fromEntries(states)).toEqual({ [odd]: 'firing', [other]: 'resolved' });
    expect(rig.logLines.some((line) => line.includes('cannot read this') && line.includes(odd))).toBe(true);
  });

  it('waits as long as a rule says before it fires', async () => {
    const core = await rig.started({ alerts: ONLY_CHANGES });
    rig.databaseMigrator.held.add(Phase.PHASE_INCREMENTAL);
    rig.databaseMigrator.telling = ({ phase }) => (phase === Phase.PHASE_INCREMENTAL ? { stream: STREAM } : {});
    const { id } = await core.useCases.migrations.create(operator, databaseInput(), undefined);
    await until(core, id, (migration) => migration.stream?.lagMs === 3_600_000);
    await core.lookForAlerts();
    expect(await conditions(core, { rule: 'migration-lag' })).toMatchObject([{ state: 'pending', toldAtMs: null }]);
    await core.useCases.alerts.set(owner, 'migration-lag', { forSeconds: 0, severity: 'critical' }, {});
    await core.lookForAlerts();
    expect(await conditions(core, { rule: 'migration-lag' })).toMatchObject([{ state: 'firing', severity: 'critical' }]);
  });

  it('sees keys that expire, and what is wrong with the platform', async () => {
    const core = await rig.replica({ alerts: ONLY_CHANGES });
    await core.database.query(`INSERT INTO app_user (id, username, password_hash) VALUES ('usr_1', 'ann', '')`);
    await core.database.query(
      `INSERT INTO api_key (id, workspace_id, user_id, name, role, prefix, digest, created_at, expires_at)
       VALUES ('key_1', $1, 'usr_1', 'ci', 'viewer', 'p', 'd1', now() - interval '1 year', now() + interval '3 days'),
         ('key_2', $1, 'usr_1', 'far', 'viewer', 'p', 'd2', now(), now() + interval '200 days'),
         ('key_3', $1, 'usr_1', 'gone', 'viewer', 'p', 'd3', now() - interval '1 year', now() - interval '3 days')`,
      [operator.workspaceId],
    );
    await core.database.query(`INSERT INTO outbox (event, appended_at) VALUES ('{}', now() - interval '1 hour')`);
    await core.lookForAlerts();
    expect(await conditions(core)).toMatchObject([
      { rule: 'credentials-near-expiry', labels: { credential: 'ci', credential_kind: 'api-key' } },
    ]);
    const admin: Caller = { ...operator, role: 'admin' };
    const platform = await core.useCases.platformAlerts.conditions(admin, {}, {});
    expect(platform.items).toMatchObject([{ rule: 'outbox-behind', state: 'pending', workspaceId: '' }]);
    await expect(core.useCases.platformAlerts.conditions(owner, {}, {})).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
  });
});

const STREAM = {
  appliedPosition: '0/1',
  sourcePosition: '0/2',
  lagBytes: 1,
  lagMs: 3_600_000,
  retainedBytes: 1,
  fullAt: '',
  syncingTables: 0,
  definitionDifferenceCount: 0,
  definitionDifferences: [],
  comparisonsWait: false,
};
