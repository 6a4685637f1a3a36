import { newId } from '@smartant/kernel';

/** What scratch folders begin with. */
export const SCRATCH = '.smartant-trial-';

/** The one scratch object that a trial uploads in parts; written after others, taken away before them. */
export const UPLOADED = 'parts';

/** A new folder of scratch objects. */
export function scratchFolder(): string {
  return `${SCRATCH}${newId('probe')}`;
}

/**
 * True for objects that a trial wrote, wherever in the key its folder is: it lies below the prefix of the trial's own
 * endpoint, which need not be ours. They are nobody's data, so listings leave them out.
 */
export function isScratch(key: string): boolean {
  return key.includes(SCRATCH) && FOLDER.test(key);
}

/** The folder of a scratch object, with all that is before it and the "/" behind it. */
export function scratchFolderOf(key: string): string {
  return FOLDER.exec(key)?.[0] ?? '';
}

const FOLDER = /^.*?\.smartant-trial-probe_[0-9a-f]{32}\//s;
