/** An object of a dump's table of contents, as pg_dump wrote it. */
export interface DumpEntry {
  /** Unique in the dump; `dependsOn` names these. */
  id: number;
  /** Of the object in the source's catalogue ("1259", "16386"); "0" where it stands for none of its own. */
  classOid: string;
  oid: string;
  /** What pg_dump calls it: an object's name, behind its table's for constraints and the like. Not made to be taken apart. */
  tag: string;
  /** "TABLE", "FK CONSTRAINT", "COMMENT" … */
  kind: string;
  section: 'none' | 'pre' | 'data' | 'post';
  statement: string;
  dropStatement: string;
  schema: string;
  owner: string;
  /** Empty: the database's default, or it takes no room. */
  tablespace: string;
  /** Table access method; empty: the default. */
  accessMethod: string;
  dependsOn: number[];
}
