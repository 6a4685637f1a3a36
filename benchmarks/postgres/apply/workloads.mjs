/** Each: tables with rows at both sides, and a backlog of about so many row changes at the source. */
export const WORKLOADS = {
  /** As pgbench does: three updates, two of them of hot rows, and an insert in each transaction. */
  pgbench: {
    tables: ['accounts', 'tellers', 'branches', 'history'],
    schema: `CREATE TABLE branches (bid int PRIMARY KEY, balance int, filler char(88));
      CREATE TABLE tellers (tid int PRIMARY KEY, bid int, balance int, filler char(84));
      CREATE TABLE accounts (aid int PRIMARY KEY, bid int, balance int, filler char(84));
      CREATE TABLE history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
      ALTER TABLE history REPLICA IDENTITY FULL;
      INSERT INTO branches SELECT n, 0, '' FROM generate_series(1, 10) n;
      INSERT INTO tellers SELECT n, n / 10, 0, '' FROM generate_series(1, 100) n;
      INSERT INTO accounts SELECT n, n / 10000, 0, '' FROM generate_series(1, 1000000) n`,
    backlog: (changes) => `DO $$ DECLARE a int; d int; BEGIN
      PERFORM setseed(0.42);
      FOR n IN 1..${Math.floor(changes / 4)} LOOP
        a := 1 + floor(random() * 1000000); d := floor(random() * 10000) - 5000;
        UPDATE accounts SET balance = balance + d WHERE aid = a;
        UPDATE tellers SET balance = balance + d WHERE tid = 1 + a % 100;
        UPDATE branches SET balance = balance + d WHERE bid = 1 + a % 10;
        INSERT INTO history VALUES (1 + a % 100, 1 + a % 10, a, d, '2026-01-01', '');
        COMMIT;
      END LOOP; END $$`,
  },
  /** Rows that are only added, ten in each transaction. */
  inserts: {
    tables: ['events'],
    schema: 'CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz, kind text, payload jsonb)',
    backlog: (changes) => `DO $$ BEGIN FOR n IN 1..${Math.floor(changes / 10)} LOOP
        INSERT INTO events SELECT n * 10 + i, '2026-01-01'::timestamptz + n * interval '1 s', 'kind ' || i, jsonb_build_object('n', n, 'text', md5((n * i)::text))
          FROM generate_series(0, 9) i;
        COMMIT; END LOOP; END $$`,
  },
  /** Rows all over a table, each changed once: nothing can be drawn together. */
  updates: {
    tables: ['items'],
    schema: `CREATE TABLE items (id int PRIMARY KEY, v int, note text);
      INSERT INTO items SELECT n, 0, md5(n::text) FROM generate_series(1, 500000) n`,
    backlog: (changes) => `DO $$ BEGIN FOR n IN 0..${Math.floor(changes / 4) - 1} LOOP
        UPDATE items SET v = v + 1, note = md5(n::text) WHERE id IN (SELECT 1 + ((n * 4 + i) * 7919::bigint % 500000)::int FROM generate_series(0, 3) i);
        COMMIT; END LOOP; END $$`,
  },
};
