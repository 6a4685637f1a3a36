import { many } from './many';

/** Of signed reports and their keys. `../zh/reports.ts` has the same entries. */
export const reports = {
  help: {
    report: 'signed reports',
    reportShow: 'show the report of a verified cutover (-o json: the signed envelope)',
    reportVerify: 'check a report offline against a key that you trust',
    reportKey: 'PEM file of the public key that you trust',
    keys: 'public keys of reports',
    keysList: 'list the keys that reports are signed with, retired ones too',
  },
  texts: {
    signatureValid: (keyId: string) => `The signature is that of key ${keyId}.`,
    signatureUnchecked: 'The signature was not checked: save it with -o json and run "smartant report verify FILE --key KEY".',
    proved: 'PROVED: the target equals the source.',
    provedWaived: (count: string) => `PROVED, but for ${many(count, 'difference')} waived on the record.`,
    notProved: (count: string) => `DIFFERENCES: the target differs from the source in ${many(count, 'object')}.`,
  },
};
