/**
 * The writes that every shard makes again and again, as functions: their plans are made once a session, and a checkpoint
 * is one round trip between BEGIN and COMMIT. Each locks the run before the shard.
 */
export const WRITE_FUNCTIONS = `
-- False: the claim is stale, and the transaction must be undone.
CREATE FUNCTION checkpoint_shard(
  of_shard text, of_epoch integer, of_run text, reached jsonb, delta jsonb, lease_ms float8, fenced boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  UPDATE shard_run SET ledger = ledger_sum(ledger, delta) WHERE run_id = of_run;
  UPDATE shard SET position = reached, ledger = ledger_sum(ledger, delta), attempts = 0, takeovers = 0, failing_since = NULL,
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
  WHERE shard_id = of_shard AND (NOT fenced OR (epoch = of_epoch AND state = 'leased'));
  RETURN FOUND;
END
$$;

-- How many shards of the run are still open; null: the claim is stale, and the transaction must be undone.
CREATE FUNCTION complete_shard(of_shard text, of_epoch integer, of_run text, delta jsonb, fenced boolean)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  still_open integer;
BEGIN
  UPDATE shard_run SET ledger = ledger_sum(ledger, delta), shards_open = shards_open - 1, shards_done = shards_done + 1
  WHERE run_id = of_run RETURNING shards_open INTO still_open;
  WITH moved AS (
    DELETE FROM shard WHERE shard_id = of_shard AND (NOT fenced OR (epoch = of_epoch AND state = 'leased')) RETURNING shard.*
  )
  INSERT INTO finished_shard (shard_id, run_id, kind, ordinal, path, range, ledger, epoch)
  SELECT shard_id, run_id, kind, ordinal, path, range, ledger_sum(ledger, delta), epoch FROM moved;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF still_open <= 0 THEN
    -- What ends a stage is the shards themselves: looked at once a stage, a counter that is wrong loses no work.
    SELECT count(*) INTO still_open FROM shard WHERE run_id = of_run AND (state = 'pending' OR state = 'leased');
    UPDATE shard_run SET shards_open = still_open WHERE run_id = of_run;
  END IF;
  RETURN still_open;
END
$$;
`;
