/** A position in the log of a server as a number; text is its own notation ("0/16B3748"). */
export type Lsn = bigint;

export function parseLsn(text: string): Lsn {
  const [high = '', low = ''] = text.split('/');
  if (!/^[0-9A-Fa-f]{1,8}$/.test(high) || !/^[0-9A-Fa-f]{1,8}$/.test(low)) throw new RangeError(`"${text}" is no position in a log.`);
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`;
}
