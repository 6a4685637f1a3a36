import { parseBytes, SmartantError } from '@smartant/kernel';

/** Bytes from rclone's size syntax: `10M`, `1.5G`, `100B`; a bare number is KiB, as there. Raises CLI_USAGE. */
export function parseSize(text: string, option: string): number {
  const bare = /^\d+(\.\d+)?$/.test(text.trim());
  try {
    return parseBytes(bare ? `${text.trim()}K` : text);
  } catch {
    throw new SmartantError('CLI_USAGE', `${option} "${text}" is not a size.`, {
      kind: 'invalid',
      hint: 'Write 10M, 1.5G, 512K or 100B; a bare number is KiB, as in rclone.',
    });
  }
}

/**
 * Bytes a second from rclone's `--bwlimit`; `off` and `0` are no limit. Its timetables and up:down pairs are refused, and a
 * limit so small that it would be none. Raises CLI_USAGE.
 */
export function parseBandwidth(text: string, option = '--bwlimit'): number {
  if (/^off$/i.test(text)) return 0;
  if (/[,:]/.test(text)) {
    throw new SmartantError('CLI_USAGE', `${option} "${text}": timetables and separate up and down limits are not supported.`, {
      kind: 'invalid',
      hint: 'Give one limit such as 10M; for other ones at other times: --window "22:00-06:00 50M" --outside 10M.',
    });
  }
  const bytes = parseSize(text, option);
  if (bytes > 0 || !/[1-9]/.test(text)) return bytes;
  throw new SmartantError('CLI_USAGE', `${option} "${text}" is less than one byte a second.`, {
    kind: 'invalid',
    hint: 'Write at least 1B; "off" is no limit.',
  });
}

/** A whole number of 0 or more. Raises CLI_USAGE. */
export function parseWhole(text: string, option: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new SmartantError('CLI_USAGE', `${option} "${text}" is not a whole number.`, {
    kind: 'invalid',
    hint: `Write ${option} 8, for example.`,
  });
}
