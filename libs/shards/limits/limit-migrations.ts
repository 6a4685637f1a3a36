/** The tables of shared limits and the function that draws from them, for the schema of the service that uses them. */
export function limitMigrations(): { name: string; up: string }[] {
  return [{ name: 'shards-limits-0001', up: TABLES + DRAW }];
}

const TABLES = `
CREATE TABLE limit_scope (
  scope               text PRIMARY KEY,
  version             bigint NOT NULL,
  bytes_per_second    float8 NOT NULL,
  requests_per_second float8 NOT NULL,
  concurrency         integer NOT NULL,
  bytes_left          float8 NOT NULL DEFAULT 0,
  requests_left       float8 NOT NULL DEFAULT 0,
  filled_at           timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- What each process has and wants of a scope.
CREATE TABLE limit_share (
  scope           text NOT NULL REFERENCES limit_scope (scope) ON DELETE CASCADE,
  worker_id       text NOT NULL,
  draw            bigint NOT NULL,
  bytes_hungry    boolean NOT NULL,
  requests_hungry boolean NOT NULL,
  demand          integer NOT NULL,
  slots           integer NOT NULL,
  seen_at         timestamptz NOT NULL,
  PRIMARY KEY (scope, worker_id)
) WITH (fillfactor = 50);
`;

/**
 * One draw of one process from all its scopes. The scope's row lock makes draws take turns, and each statement of a
 * plpgsql function sees what was committed before it, so the sums are never stale.
 *
 * Tokens: the bucket fills at the scope's rate on the database's clock. While somebody went away hungry it holds two
 * seconds' worth, so that a stall of the database or of a process costs no throughput; else 0.3 seconds', a little more than
 * a process draws in advance, so that idle time buys no burst. What came in since another hungry process drew last is kept
 * for it, in equal parts; a process gets what it asks for of the rest, and so what others leave. A negative ask gives
 * tokens back.
 *
 * Slots: each process says what it holds (more than that it will not use without a new answer) and wants. The demand is
 * filled like water: nobody gets more than wanted, nobody less than an equal part who wants it. A share only grows into
 * what all others have really let go of, so that the sum is never above the limit; a process that has not been seen
 * within the lease holds nothing any more. With fewer slots than takers the turn passes on three times a lease.
 */
const DRAW = `
CREATE FUNCTION limit_fill(had float8, rate float8, seconds float8, hungry boolean) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT least(had + rate * seconds, rate * CASE WHEN hungry THEN 2 ELSE 0.3 END)
$$;

CREATE FUNCTION limit_draw(worker text, draw_number bigint, asks jsonb, lease_seconds float8)
RETURNS TABLE (
  scope text, version bigint, bytes_per_second float8, requests_per_second float8, concurrency integer,
  bytes float8, requests float8, slots integer, slots_due integer, sharers integer
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  ask record; limits limit_scope%ROWTYPE; mine limit_share%ROWTYPE; others record; taker record;
  moment timestamptz; seconds float8; left_over integer; takers integer; filled float8;
BEGIN
  FOR ask IN
    SELECT * FROM jsonb_to_recordset(asks) AS a (scope text, bytes float8, requests float8, holds integer, demand integer) ORDER BY a.scope
  LOOP
    SELECT * INTO limits FROM limit_scope AS l WHERE l.scope = ask.scope FOR UPDATE;
    CONTINUE WHEN NOT FOUND;
    SELECT * INTO mine FROM limit_share AS s WHERE s.scope = ask.scope AND s.worker_id = worker;
    -- A draw that was given up by its process and comes through all the same.
    CONTINUE WHEN mine.draw >= draw_number;
    moment := clock_timestamp();
    SELECT count(*) FILTER (WHERE s.bytes_hungry AND s.seen_at > moment - interval '1 s') AS bytes_hungry,
           count(*) FILTER (WHERE s.requests_hungry AND s.seen_at > moment - interval '1 s') AS requests_hungry,
           coalesce(sum(extract(epoch FROM moment - s.seen_at)) FILTER (WHERE s.bytes_hungry AND s.seen_at > moment - interval '1 s'), 0) AS bytes_wait,
           coalesce(sum(extract(epoch FROM moment - s.seen_at)) FILTER (WHERE s.requests_hungry AND s.seen_at > moment - interval '1 s'), 0) AS requests_wait,
           coalesce(bool_or(s.bytes_hungry), false) AS bytes_waited, coalesce(bool_or(s.requests_hungry), false) AS requests_waited,
           coalesce(sum(s.slots), 0) AS slots, count(*)::integer AS seen
      INTO others FROM limit_share AS s
      WHERE s.scope = ask.scope AND s.worker_id <> worker AND s.seen_at > moment - make_interval(secs => lease_seconds);

    seconds := greatest(0, extract(epoch FROM moment - limits.filled_at));
    filled := limit_fill(limits.bytes_left, limits.bytes_per_second, seconds, others.bytes_waited OR coalesce(mine.bytes_hungry, false));
    bytes := CASE WHEN limits.bytes_per_second = 0 THEN 0 ELSE least(ask.bytes,
      greatest(filled - limits.bytes_per_second * others.bytes_wait / (1 + others.bytes_hungry), 0)) END;
    limits.bytes_left := filled - bytes;
    filled := limit_fill(limits.requests_left, limits.requests_per_second, seconds, others.requests_waited OR coalesce(mine.requests_hungry, false));
    requests := CASE WHEN limits.requests_per_second = 0 THEN 0 ELSE least(ask.requests,
      greatest(filled - limits.requests_per_second * others.requests_wait / (1 + others.requests_hungry), 0)) END;
    limits.requests_left := filled - requests;
    UPDATE limit_scope AS l SET bytes_left = limits.bytes_left, requests_left = limits.requests_left, filled_at = moment
      WHERE l.scope = ask.scope;

    INSERT INTO limit_share AS s VALUES (ask.scope, worker, draw_number, ask.bytes > bytes AND limits.bytes_per_second > 0,
        ask.requests > requests AND limits.requests_per_second > 0, ask.demand, ask.holds, moment)
      ON CONFLICT (scope, worker_id) DO UPDATE SET draw = excluded.draw, bytes_hungry = excluded.bytes_hungry,
        requests_hungry = excluded.requests_hungry, demand = excluded.demand, slots = excluded.slots, seen_at = excluded.seen_at;

    slots := ask.holds;
    slots_due := 0;
    IF limits.concurrency > 0 THEN
      left_over := limits.concurrency;
      SELECT count(*) INTO takers FROM limit_share AS s
        WHERE s.scope = ask.scope AND s.demand > 0 AND s.seen_at > moment - make_interval(secs => lease_seconds);
      FOR taker IN
        SELECT s.worker_id, s.demand FROM limit_share AS s
        WHERE s.scope = ask.scope AND s.demand > 0 AND s.seen_at > moment - make_interval(secs => lease_seconds)
        ORDER BY CASE WHEN takers > limits.concurrency
            THEN (row_number() OVER (ORDER BY s.worker_id) + floor(extract(epoch FROM moment) / lease_seconds * 3)::bigint) % takers END,
          s.demand, s.worker_id
      LOOP
        IF taker.worker_id = worker THEN slots_due := least(taker.demand, left_over / takers); END IF;
        left_over := left_over - least(taker.demand, left_over / takers);
        takers := takers - 1;
      END LOOP;
      slots := ask.holds + greatest(0, least(slots_due - ask.holds, limits.concurrency - others.slots - ask.holds));
      UPDATE limit_share AS s SET slots = limit_draw.slots WHERE s.scope = ask.scope AND s.worker_id = worker;
    END IF;
    DELETE FROM limit_share AS s WHERE s.scope = ask.scope AND s.seen_at < moment - make_interval(secs => greatest(60, lease_seconds));

    scope := ask.scope; version := limits.version; bytes_per_second := limits.bytes_per_second;
    requests_per_second := limits.requests_per_second; concurrency := limits.concurrency; sharers := others.seen + 1;
    RETURN NEXT;
  END LOOP;
END
$$;
`;
