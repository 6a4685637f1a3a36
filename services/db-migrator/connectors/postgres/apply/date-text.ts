/**
 * Dates and times as the server writes them with DateStyle ISO and TimeZone UTC, which sessions of ours have, made of their binary form: days and
 * microseconds since 2000 in the Gregorian calendar, whatever the year.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/datetime.c (EncodeDateTime)
 */
export function dateText(bytes: Buffer): string {
  const days = bytes.readInt32BE();
  if (days === LAST_DAY) return 'infinity';
  if (days === FIRST_DAY) return '-infinity';
  const { date, era } = dayOf(days);
  return date + era;
}

export function timeText(bytes: Buffer): string {
  return timeOf(Number(bytes.readBigInt64BE()));
}

export function timestampText(bytes: Buffer, zone = ''): string {
  const micros = bytes.readBigInt64BE();
  if (micros === LAST_MICRO) return 'infinity';
  if (micros === FIRST_MICRO) return '-infinity';
  // Downwards, also before 2000.
  const rest = ((micros % DAY) + DAY) % DAY;
  const { date, era } = dayOf(Number((micros - rest) / DAY));
  return `${date} ${timeOf(Number(rest))}${zone}${era}`;
}

export function timestamptzText(bytes: Buffer): string {
  return timestampText(bytes, '+00');
}

const [FIRST_DAY, LAST_DAY] = [-0x80000000, 0x7fffffff];
const [FIRST_MICRO, LAST_MICRO] = [-(2n ** 63n), 2n ** 63n - 1n];
const DAY = 86_400_000_000n;

/** From the first of March of the year 0, with which periods of 400 years begin, to 2000. */
const DAYS_TO_2000 = 730_425;
const DAYS_OF_400_YEARS = 146_097;

/** https://howardhinnant.github.io/date_algorithms.html#civil_from_days */
function dayOf(since2000: number): { date: string; era: string } {
  const days = since2000 + DAYS_TO_2000;
  const period = Math.floor(days / DAYS_OF_400_YEARS);
  const day = days - period * DAYS_OF_400_YEARS;
  const leaps = Math.floor(day / 1_460) - Math.floor(day / 36_524) + Math.floor(day / 146_096);
  const yearOfPeriod = Math.floor((day - leaps) / 365);
  const dayOfYear = day - (365 * yearOfPeriod + Math.floor(yearOfPeriod / 4) - Math.floor(yearOfPeriod / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfPeriod + period * 400 + (month <= 2 ? 1 : 0);
  // There is no year 0: before the year 1 is 1 BC.
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return { date: `${shown}-${two(month)}-${two(dayOfMonth)}`, era: year > 0 ? '' : ' BC' };
}

/** 24:00:00 is one as well. */
function timeOf(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros % 1_000_000;
  const whole = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
