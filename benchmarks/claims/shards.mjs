// The shards that the benchmark works on, made in SQL.

/** Ends what was open, and makes `shards` pending ones, in equal parts, of one active run for each migration of each workspace. */
export async function fill(database, { workspaces, migrations, shards }) {
  await database.query('TRUNCATE shard, shard_zombie');
  await database.query(`UPDATE shard_run SET state = 'ended', shards_open = 0, ended_at = clock_timestamp() WHERE state <> 'ended'`);
  const each = Math.ceil(shards / (workspaces * migrations));
  await database.query(
    `INSERT INTO shard_run (run_id, migration_id, workspace_id, shards_open)
     SELECT 'run_' || gen_random_uuid(), 'mig_' || w || '_' || m, 'ws_' || w, $3::int
     FROM generate_series(1, $1::int) AS w, generate_series(1, $2::int) AS m`,
    [workspaces, migrations, each],
  );
  await database.query(
    `INSERT INTO shard (shard_id, run_id, migration_id, kind, ordinal, range)
     SELECT 'shd_' || replace(uuidv7()::text, '-', ''), run_id, migration_id, 'sync', n,
       jsonb_build_object('after', 'folder/object-' || n, 'through', 'folder/object-' || n + 1)
     FROM shard_run, generate_series(1, $1::int) AS n WHERE state = 'active' ORDER BY n, run_id`,
    [each],
  );
  await database.query('VACUUM (ANALYZE) shard');
  await database.query('VACUUM (ANALYZE) shard_run');
  await database.query('CHECKPOINT');
}

/** Brings the number of finished shards, of runs that ended, to `count`. */
export async function addFinished(database, count) {
  const [{ present }] = await database.query('SELECT count(*)::int AS present FROM finished_shard');
  const each = 10_000;
  for (let done = present; done < count; done += each) {
    const runId = `run_finished_${done}`;
    await database.query(
      `INSERT INTO shard_run (run_id, migration_id, workspace_id, state, ended_at, shards_done) VALUES ($1, $1, 'ws_1', 'ended', clock_timestamp(), $2)`,
      [runId, each],
    );
    await database.query(
      `INSERT INTO finished_shard (shard_id, run_id, kind, ordinal, path, range, ledger, epoch)
       SELECT 'shd_' || replace(uuidv7()::text, '-', ''), $1, 'sync', n, '{}',
         jsonb_build_object('after', 'folder/object-' || n, 'through', 'folder/object-' || n + 1), '{"copiedObjects": 10}', 1
       FROM generate_series(1, $2::int) AS n`,
      [runId, each],
    );
  }
  await database.query('VACUUM (ANALYZE) finished_shard');
}

/** The plan of one claim as the function runs it. */
export async function plan(database) {
  const [{ source }] = await database.query(`SELECT prosrc AS source FROM pg_proc WHERE proname = 'claim_shards'`);
  const statement = source
    .slice(source.indexOf('WITH leased'), source.lastIndexOf(';\nEND'))
    .replaceAll('by_worker', `'explain'`)
    .replaceAll('lease_ms', '9000')
    .replaceAll('write_deadline_ms', '120000')
    .replaceAll('patient AND', 'false AND')
    .replaceAll(/\bwanted\b/g, '8');
  return database.transaction(async (tx) => {
    for (const setting of ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']) await tx.query(`SET LOCAL ${setting} = off`);
    const rows = await tx.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${statement}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}
