import { uuidv7 } from 'uuidv7';

/** Time-ordered ids with a prefix that says what they name: `mig_0198…`. 32 hex characters after the prefix. */
export type IdPrefix =
  | 'ws'
  | 'usr'
  | 'ep'
  | 'mig'
  | 'drf'
  | 'chk'
  | 'run'
  | 'shd'
  | 'evt'
  | 'flr'
  | 'key'
  | 'req'
  | 'wrk'
  | 'rpt'
  | 'probe'
  | 'root'
  | 'aud'
  | 'rot'
  | 'inv'
  | 'ses'
  | 'idp'
  | 'alr'
  | 'chn'
  | 'sil'
  | 'dlv'
  | 'grp'
  | 'alc';

export function newId(prefix: IdPrefix): string {
  return `${prefix}_${uuidv7().replaceAll('-', '')}`;
}
