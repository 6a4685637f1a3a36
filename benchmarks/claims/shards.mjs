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

/** The plans of one claim, as the server logs those of the statements inside the function. Resolves with what `logged` says of them. */
export async function plans(database, logged) {
  const session = await database.openSession();
  const claim = `SELECT * FROM claim_shards('explain', 9000, 8, false, 120000)`;
  // Once a session's plans are made they are kept: the first claim is no measure.
  for (let n = 0; n < 10; n += 1) await session.query(claim);
  await session.query(`LOAD 'auto_explain'`);
  for (const [name, value] of Object.entries({
    log_min_duration: '0',
    log_nested_statements: 'on',
    log_analyze: 'on',
    log_buffers: 'on',
  })) {
    await session.query(`SELECT set_config('auto_explain.${name}', $1, false)`, [value]);
  }
  const before = logged().length;
  await session.query(`SET log_min_messages = log`);
  await session.query(claim);
  await session.close();
  return logged().slice(before);
}
