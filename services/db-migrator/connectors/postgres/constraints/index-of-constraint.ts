/** A constraint in two statements: its index, which readers and builders of other indexes do not wait for, and its name on it, which takes no time. */
export interface ConstraintByIndex {
  createIndex: string;
  addConstraint: string;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s"(),;]+)`;
const NAMES = String.raw`\(${NAME}(?:, ${NAME})*\)`;
/** As pg_dump writes them: the columns, then INCLUDE, then storage parameters, then when it is checked. */
const ADDED = new RegExp(
  String.raw`^ALTER TABLE (?<only>ONLY )?(?<table>${NAME}\.${NAME}|${NAME})\n {4}ADD CONSTRAINT (?<name>${NAME}) (?<type>PRIMARY KEY|UNIQUE)(?<nulls> NULLS NOT DISTINCT)? ` +
    String.raw`(?<columns>${NAMES})(?<include> INCLUDE ${NAMES})?(?<storage> WITH \([^)]*\))?(?<when>(?: (?:NOT )?DEFERRABLE)?(?: INITIALLY (?:DEFERRED|IMMEDIATE))?);\s*$`,
);

/**
 * Takes a statement of pg_dump that adds a primary key or a unique constraint apart; null where it is more than that (WITHOUT OVERLAPS, a table
 * that is clustered on it, a comment), to be run as it is.
 */
export function indexOfConstraint(statement: string): ConstraintByIndex | null {
  const groups = ADDED.exec(statement)?.groups;
  if (!groups) return null;
  const { only = '', table, name, type, nulls = '', columns, include = '', storage = '', when = '' } = groups;
  return {
    createIndex: `CREATE UNIQUE INDEX IF NOT EXISTS ${name} ON ${table} USING btree ${columns}${include}${nulls}${storage};`,
    addConstraint: `ALTER TABLE ${only}${table}\n    ADD CONSTRAINT ${name} ${type} USING INDEX ${name}${when};`,
  };
}
