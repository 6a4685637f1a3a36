/** "1 table", "1,234 tables": the count is grouped already. */
const many = (count: string, one: string): string => `${count} ${one}${count === '1' ? '' : 's'}`;

/** Of databases. `../zh/database.ts` has the same entries. */
export const database = {
  help: {
    schema: 'databases: take only schemas that match this glob; repeatable',
    excludeSchema: 'databases: leave out schemas that match this glob; repeatable',
    table: 'databases: take only tables that match this glob over SCHEMA.TABLE; repeatable',
    excludeTable: 'databases: leave out tables that match this glob over SCHEMA.TABLE; repeatable',
    where: 'databases: take only the rows of SCHEMA.TABLE for which CONDITION holds; repeatable',
    rename: 'databases: call a schema or SCHEMA.TABLE otherwise at the target; repeatable',
    tablespace: 'databases: make what lies in a tablespace of the source in another one of the target; repeatable',
    excludeColumn: 'databases: do not give the target a column (SCHEMA.TABLE.COLUMN); repeatable',
    renameColumn: 'databases: call a column otherwise at the target; repeatable',
    snapshotOnly: 'databases: one consistent copy, without streaming changes; stop the writers of the source first',
    ifExists: 'databases: what becomes of tables that the target has: refuse (default), append or replace',
    withRoles: 'databases: also owners, grants and the roles that they name',
    withPublications: 'databases: also publications, for whoever subscribes to the target',
    noReverse: 'databases: do not stream back after the cutover; a rollback then loses what was written at the target',
    noLargeObjects: 'databases: leave large objects out',
    jobs: 'databases: tables copied, and indexes built, at once',
    maxRetainedWal:
      'databases: log that the source may keep for this; past it the stream is given up (default: half of the database, 10 GiB at least)',
    sourcePasswordFile: 'file of mode 0600 with the password of the source (else SMARTANT_SOURCE_PASSWORD, PGPASSWORD, or it is asked for)',
    targetPasswordFile: 'file of mode 0600 with the password of the target (else SMARTANT_TARGET_PASSWORD, PGPASSWORD, or it is asked for)',
    browse: 'list what is at an endpoint: folders and objects, or schemas and then the tables of one',
    passwordFile: 'file of mode 0600 with the password of a database (else PGPASSWORD, or it is asked for)',
    fix: 'run what sets findings of the precheck right, and precheck again',
    fixFinding: 'only of findings with this code; repeatable',
    fixUnsafe: 'also statements that change what applications see, take locks or need a restart',
    resync: 'copy tables of a database again while its changes are streamed',
    resyncTable: 'SCHEMA.TABLE at the source; repeatable',
    addTable: 'take tables (globs over SCHEMA.TABLE) into a migration whose changes are streamed',
    dropTable: 'leave tables (globs over SCHEMA.TABLE) out of a migration whose changes are streamed; what was copied stays at the target',
  },
  labels: {
    tables: 'Tables',
    rows: 'Rows',
    indexes: 'Indexes',
    changes: 'Changes',
    sequences: 'Sequences',
    objects: 'Definitions',
    stream: 'Stream',
    streamBack: 'Stream back',
    lag: 'Behind',
    retained: 'Log kept',
    definitions: 'Definitions',
    frozenPosition: 'Frozen at',
  },
  nothingThere: 'There is nothing at this place.',
  askPassword: (place: string) => `Password of ${place} (empty: none): `,
  streaming: 'streaming changes',
  streamingBack: 'reversible, streaming back',
  tablesOf: (done: string, total: string) => `${done}/${many(total, 'table')}`,
  rows: (count: string) => many(count, 'row'),
  indexes: (count: string) => `${count} ${count === '1' ? 'index' : 'indexes'}`,
  changes: (changes: string, transactions: string) => `${changes} in ${many(transactions, 'transaction')}`,
  applied: (count: string) => many(count, 'change'),
  behind: (lag: string) => `${lag} behind`,
  retained: (text: string) => `log kept ${text}`,
  failedTables: (count: string) => `${many(count, 'table')} failed`,
  drifted: (count: string) => `${many(count, 'definition')} ${count === '1' ? 'differs' : 'differ'}`,
  drift: (count: string, first: string) => `${count} differ from the source. Run the same statements at the target. First: ${first}`,
  fullAt: (time: string) => `its disk is full at ${time}`,
  frozenFor: (duration: string) => `${duration}, and the target is not open yet`,
  estimate: (count: string, bytes: string) => `Estimate: ${many(count, 'table')}, ${bytes}.`,
  verified: (tables: string, rows: string, sequences: string, objects: string, level: string) =>
    `Verified: ${many(tables, 'table')} with ${many(rows, 'row')}, ${many(sequences, 'sequence')}, ${many(objects, 'definition')}, equal at both sides (${level}).`,
  different: (count: string) =>
    `The target differs from the source in ${count === '1' ? '1 row or definition' : `${count} rows or definitions`}:`,
  waitingForCutover: (id: string) =>
    `In step with the source. When its users can do without it for some seconds: smartant migration cutover ${id}`,
  waitingForSnapshotCutover: (id: string) =>
    `The snapshot is copied; what was written at the source since is not in it. Take over: smartant migration cutover ${id} --frozen`,
  waitingForFinalize: (id: string) =>
    `Cut over and verified; the target is in use. When all is well: smartant migration finalize ${id}. Back to the source: smartant migration rollback ${id}`,
  pausedStream: (id: string) => `Paused. The source keeps its log until it goes on: smartant migration resume ${id}`,
  retryCutover: (id: string) => `The target was not opened; the source stays in use. Again: smartant migration retry ${id}`,
  repairFirst: (id: string) => `To compare and repair rows first, stream on: smartant migration resume ${id}`,
  stillFrozen: (id: string) => `The source takes no writes. To open it again and give the migration up: smartant migration cancel ${id}`,
  detail: 'Detail',
  moreStatements: (count: string) => `and ${many(count, 'statement')} more: smartant migration fix … --dry-run`,
  nothingToFix: 'No finding has a fix to run. --include-unsafe takes those that need a second look.',
  fixed: (code: string, subject: string, needsRestart: boolean) =>
    `Fixed at the ${subject}: ${code}${needsRestart ? ' (counts once the server was restarted)' : ''}`,
  fixFailed: (code: string, subject: string, reason: string) => `Not fixed at the ${subject}: ${code}: ${reason}`,
  canFix: (id: string, count: string) => `${many(count, 'finding')} can be set right by: smartant migration fix ${id}`,
  comparisonsWait: 'comparisons wait until it has caught up',
  syncing: (count: string) => `copying ${many(count, 'table')} meanwhile`,
  tablesChanged: {
    add: (id: string, tables: string) =>
      `${tables}: made at the target and copied, while ${id} streams on. Follow it: smartant migration watch ${id}`,
    drop: (id: string, tables: string) => `${tables}: not part of ${id} any more. Drop what was copied at the target yourself.`,
    resync: (id: string, tables: string) =>
      `${tables}: copied again, while ${id} streams the others on. Follow it: smartant migration watch ${id}`,
  },
  tablesChangedLater: (id: string) => `Noted. It is done first when you retry: smartant migration retry ${id}`,
  acted: {
    pause: (id: string) => `Pausing ${id}. What is copied is kept; the source keeps its log until it is resumed.`,
    cancel: (id: string) =>
      `${id} is being cancelled; slots and publications are removed, and a frozen source is opened again. Copied tables stay.`,
    cutover: (id: string) => `${id} cuts over: the source is frozen now. Follow it: smartant migration watch ${id}`,
    finalize: (id: string) => `${id} is being finalized; slots, publications and bookkeeping are removed from both ends.`,
    rollback: (id: string) => `${id} is being rolled back. Follow it: smartant migration watch ${id}`,
  },
  asks: {
    fix: (id: string) => `Run for ${id}, and precheck again:`,
    cancel: (id: string, inCutover: boolean) =>
      `Cancel ${id} for good. Slots and publications are removed, copied tables stay.${inCutover ? ' The source is opened again.' : ''}`,
    cutover: (id: string, lag: string) =>
      `Cut over ${id}: the source takes no writes any more and its sessions are ended, the last changes${lag === '' ? '' : ` (${lag})`} are applied, both sides are compared, then the target is opened.`,
    resync: (id: string, tables: string) =>
      `Copy ${tables} of ${id} again: the target's rows are taken away first. Other tables stream on.`,
    dropTable: (id: string, tables: string) =>
      `Leave ${tables} out of ${id}: changes are not carried over any more. What was copied stays at the target.`,
    finalize: (id: string) => `Finalize ${id}: the stream back ends, and it can't be rolled back after that.`,
    rollback: (id: string) =>
      `Roll back ${id}: the target takes no writes any more, its last changes are carried back, and the source is opened.`,
    rollbackWithoutStream: (id: string) =>
      `Roll back ${id}: the source is opened as it was at the cutover. There is no stream back: what was written at the target since stays there only.`,
  },
};
