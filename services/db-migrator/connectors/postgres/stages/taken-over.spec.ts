import { createEgressGuard } from '@smartant/platform/egress';
import { startRestartablePostgres, describeIf, whyNoClientTools, type RestartablePostgres } from '@smartant/test-servers';
import type { DatabaseEndpoint, DatabaseJob, DatabaseStage, JobState, StageResult } from '../../../application/ports/database-engine';
import { WHOLE_SCOPE } from '../../../testkit/whole-scope';
import { createDatabaseEngine } from '../../connectors';
import { memoryState } from '../fixtures/memory-state';
import { targetOpenedAt } from '../cutover/open-target';
import { endpointAt, openTestEndpoint } from '../fixtures/test-endpoint';
import type { PgSession } from '../session/pg-session';

const { signal } = new AbortController();

/** What the next holder does after one that was killed when all but the record of it was done. */
describeIf(whyNoClientTools(), 'a stage that is done again', () => {
  const engine = createDatabaseEngine({ guard: createEgressGuard({ allowLoopback: true, allow: [], deny: [] }), sockets: true });
  let server: RestartablePostgres;
  let databases = 0;

  beforeAll(async () => {
    server = await startRestartablePostgres();
  });
  afterAll(() => server.stop());

  interface Rig {
    source: PgSession;
    target: PgSession;
    /** As a new holder. */
    perform(stage: DatabaseStage, state?: JobState): Promise<StageResult>;
    state: JobState;
    migrationId: string;
  }

  async function rig(): Promise<Rig> {
    const number = (databases += 1);
    const [from, to] = await Promise.all([server.createDatabase(`from_${number}`), server.createDatabase(`to_${number}`)]);
    const migrationId = `mig_${String(number).repeat(32).slice(0, 32)}`;
    const name = `watch ${migrationId}`;
    const [source, target] = await Promise.all([from, to].map((url) => openTestEndpoint(url).open({ applicationName: name, signal })));
    await source!.query(
      'CREATE TABLE public.t (id bigserial PRIMARY KEY, v text); INSERT INTO public.t (v) SELECT n::text FROM generate_series(1, 10) n',
    );
    const state = memoryState();
    let epoch = 0;
    const perform: Rig['perform'] = (stage, kept = state) => {
      const job = jobOf({ migrationId, source: endpointAt(from), target: endpointAt(to), state: kept, epoch: (epoch += 1) });
      return engine.stages[stage](job, signal);
    };
    for (const stage of ['schema', 'copy', 'constraints'] as const) await perform(stage);
    return { source: source!, target: target!, perform, state, migrationId };
  }

  it('leaves a source at work whose sequences have gone on since it was given back', async () => {
    const { source, target, perform } = await rig();
    expect(await perform('cutover')).toMatchObject({ openedAt: expect.any(String) });
    await target.query(`INSERT INTO public.t (v) VALUES ('at the target')`);
    await perform('roll-back');
    const insert = (v: string) => source.query(`INSERT INTO public.t (v) VALUES ('${v}') RETURNING id`);
    expect(await insert('at the source')).toEqual([{ id: '12' }]);
    await perform('roll-back');
    expect(await insert('again')).toEqual([{ id: '13' }]);
  }, 60_000);

  it('gives the source back from one that is stopped on the way to opening the target, who does not open it later', async () => {
    const { source, target, perform, state, migrationId } = await rig();
    const [decided, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const stopped = perform('cutover', {
      ...state,
      save: async (change) => {
        await state.save(change);
        if (change['opening'] !== true) return;
        decided.resolve();
        await goOn.promise;
      },
    });
    await decided.promise;
    expect(await perform('reopen')).toEqual({});
    // Also while the first one holds its locks, since nobody knows whether it ever goes on.
    await source.query(`SET lock_timeout = '5s'; INSERT INTO public.t (v) VALUES ('still here')`);
    goOn.resolve();
    await expect(stopped).rejects.toMatchObject({ code: 'DATABASE_EPOCH_STALE' });
    expect(await targetOpenedAt(target, migrationId)).toBeNull();
    expect(await perform('cutover')).toMatchObject({ openedAt: expect.any(String), verification: { equal: true, sourceRows: 11 } });
  }, 60_000);
});

function jobOf(own: {
  migrationId: string;
  source: DatabaseEndpoint;
  target: DatabaseEndpoint;
  state: JobState;
  epoch: number;
}): DatabaseJob {
  return {
    ...own,
    runId: 'run_1',
    scope: { ...WHOLE_SCOPE, tableJobs: 1, indexJobs: 1, quarantineCap: 0 },
    admit: async () => undefined,
    count: () => undefined,
    unit: (_name, _attributes, work) => work(),
    stream: () => undefined,
    quarantine: async ({ code, message }) => {
      throw new Error(`${code}: ${message}`);
    },
    excludedTables: async () => new Set(),
    waivedTables: async () => new Set(),
    info: () => undefined,
    nextCheck: () => Promise.resolve(null),
    endCheck: () => Promise.resolve(),
    warn: () => undefined,
  };
}
