import { many } from './many';

/** Of the audit trail. `../zh/audit.ts` has the same entries. */
export const audit = {
  help: {
    adminAudit: 'the audit trail of the whole platform',
    adminAuditVerify: 'export all chains, and check them here against a key that you trust',
    audit: 'who did what, and who was refused (owners)',
    auditList: 'list what was done and refused, newest first',
    auditFrom: 'entries of this time or later (2026-11-28, 2026-11-28T08:00:00+08:00)',
    auditTo: 'entries before this time',
    auditActor: 'of this user id, service:… or system',
    auditAction: 'endpoint.create, or endpoint for all that is done with endpoints',
    auditTarget: 'done to the thing with this id',
    auditAll: 'of the whole platform (administrators)',
    auditExport: 'write the trail of the workspace as lines into FILE (or stdout), for anybody to check',
    auditAfter: 'only entries with a higher number: what is new since an earlier export',
    auditVerify: 'check an export offline: exit status 3 when anything was changed, left out or cut off (- for stdin)',
    auditKey: 'PEM file of a public key that you trust; repeatable',
    auditCheckpoint: 'an earlier export, or checkpoints that you kept: what they saw must still be there; repeatable',
  },
  texts: {
    audit: {
      none: 'Nothing was done or refused yet, or nothing that is asked for.',
      exported: (path: string) => `The audit trail is in ${path}. Check it: smartant audit verify ${path}`,
      chain: (chain: string, first: string, last: string, hash: string) => `${chain}: entries ${first} to ${last}, head ${hash}`,
      line: (line: number) => `line ${line}`,
      whole: (entries: string, at: string) => `WHOLE: ${entries} ${entries === '1' ? 'entry' : 'entries'}, unchanged as of ${at}.`,
      broken: (count: string) => `NOT WHOLE: ${many(count, 'difference')}.`,
      withoutCheckpoint:
        'Mind: whoever holds the database and the signing key could have made the whole trail anew. Add --checkpoint with an earlier export that you kept.',
      kinds: {
        unreadable: 'this line is not as it was written',
        changed: 'the entry was changed',
        missing: 'entries are missing from here on',
        misplaced: 'stands in another place than it was written',
        unlinked: 'does not follow the entry before it',
        'begins-late': 'earlier entries are missing, and nothing that is signed says why',
        'cut-off': 'a signed statement says that the chain reached this entry, and it ends before',
        rewritten: 'a signed statement says that this entry was another one',
        unsigned: 'from here on the signed end of the export does not cover the chain',
        untrusted: 'the statement was not signed by a key that you trust',
        unclosed: 'the signed end of the export is missing',
      },
    },
  },
};
