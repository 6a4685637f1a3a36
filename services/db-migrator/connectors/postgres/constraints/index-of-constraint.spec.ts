import { indexOfConstraint } from './index-of-constraint';

it('takes a key apart as pg_dump writes it', () => {
  const statement = `ALTER TABLE ONLY "We""ird"."s (t"\n    ADD CONSTRAINT "k "" ADD" UNIQUE NULLS NOT DISTINCT (a, "b, (c") INCLUDE (d) WITH (fillfactor='70') DEFERRABLE INITIALLY DEFERRED;\n`;
  expect(indexOfConstraint(statement)).toEqual({
    createIndex: `CREATE UNIQUE INDEX IF NOT EXISTS "k "" ADD" ON "We""ird"."s (t" USING btree (a, "b, (c") INCLUDE (d) NULLS NOT DISTINCT WITH (fillfactor='70');`,
    addConstraint: `ALTER TABLE ONLY "We""ird"."s (t"\n    ADD CONSTRAINT "k "" ADD" UNIQUE USING INDEX "k "" ADD" DEFERRABLE INITIALLY DEFERRED;`,
  });
  expect(indexOfConstraint('ALTER TABLE ONLY a.b\n    ADD CONSTRAINT c PRIMARY KEY (d);\n')?.addConstraint).toContain(
    'PRIMARY KEY USING INDEX c;',
  );
});

it('leaves alone what is more than that', () => {
  for (const rest of [
    'EXCLUDE USING gist (a WITH &&);',
    'PRIMARY KEY (a, b WITHOUT OVERLAPS);',
    'UNIQUE (a);\n\nALTER TABLE a.b CLUSTER ON c;',
  ]) {
    expect(indexOfConstraint(`ALTER TABLE ONLY a.b\n    ADD CONSTRAINT c ${rest}`)).toBeNull();
  }
});
