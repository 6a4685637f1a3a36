import { SmartantError } from '@smartant/kernel';
import type { Command } from 'commander';
import type { Calendar, Limits, Rates } from '../api/api';
import { parseBandwidth, parseWhole } from '../endpoints/size';
import type { Messages } from '../messages/messages';
import { collect } from './collect';

/** What limits work, as commander reads it. */
export interface RateOptions {
  bwlimit?: string;
  transfers?: string;
  tpslimit?: string;
}

export interface LimitOptions extends RateOptions {
  window?: string[];
  timeZone?: string;
  outside?: string;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
type Window = Calendar['windows'][number];

export function addRateOptions(command: Command, { help }: Messages): Command {
  return command.option('--bwlimit <rate>', help.bwlimit).option('--transfers <n>', help.transfers).option('--tpslimit <n>', help.tpslimit);
}

export function addLimitOptions(command: Command, messages: Messages): Command {
  const { help } = messages;
  return addRateOptions(command, messages)
    .option('--window <window>', help.window, collect)
    .option('--time-zone <zone>', help.timeZone)
    .option('--outside <rate>', help.outside);
}

/** Only the limits that were given. Raises CLI_USAGE. */
export function readRates(options: RateOptions): Partial<Rates> {
  return {
    ...(options.bwlimit === undefined ? {} : { bytesPerSecond: parseBandwidth(options.bwlimit) }),
    ...(options.transfers === undefined ? {} : { concurrency: parseWhole(options.transfers, '--transfers') }),
    ...(options.tpslimit === undefined ? {} : { requestsPerSecond: parseWhole(options.tpslimit, '--tpslimit') }),
  };
}

/** Only what was given; `--window off` takes the calendar away. Raises CLI_USAGE. */
export function readLimits(options: LimitOptions): Limits {
  const { window, timeZone, outside } = options;
  if (window === undefined && (timeZone !== undefined || outside !== undefined)) {
    throw usage('--time-zone and --outside need a --window.', 'Name the windows too: a calendar is set as a whole.');
  }
  return { ...readRates(options), ...(window === undefined ? {} : { calendar: readCalendar(window, timeZone, outside) }) };
}

/** Without a zone: the one of this machine. */
function readCalendar(windows: string[], timeZone: string | undefined, outside: string | undefined): Calendar | null {
  if (windows.length === 1 && windows[0] === 'off') return null;
  return {
    timeZone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    windows: windows.map(readWindow),
    outside: outside === undefined || outside === 'stop' ? 'stop' : rateOf(outside, '--outside'),
  };
}

/** "22:00-06:00", "mon-fri 22:00-06:00", "sat,sun 00:00-24:00 50M". */
function readWindow(text: string): Window {
  const [, days, from, to, rate] = /^\s*(?:([a-z,-]+)\s+)?(\d{1,2}:\d{2})-(\d{1,2}:\d{2})(?:\s+(\S+))?\s*$/i.exec(text) ?? [];
  if (from === undefined || to === undefined) throw wrongWindow(text);
  return {
    days: days === undefined || /^daily$/i.test(days) ? [...DAYS] : days.split(',').flatMap((part) => daysOf(part.toLowerCase(), text)),
    from: clock(from),
    // Midnight at the end of a day is the beginning of the next.
    to: to === '24:00' ? '00:00' : clock(to),
    ...(rate === undefined ? {} : { limits: rateOf(rate, `--window "${text}":`) }),
  };
}

/** "mon", or "fri-mon" which goes over the end of the week. */
function daysOf(part: string, text: string): Window['days'] {
  const [first = '', last = first] = part.split('-');
  const [from, to] = [first, last].map((day) => DAYS.findIndex((known) => known === day));
  if (from === undefined || to === undefined || from < 0 || to < 0) throw wrongWindow(text);
  const length = ((to - from + 7) % 7) + 1;
  return Array.from({ length }, (_, i) => DAYS[(from + i) % 7] ?? 'mon');
}

const clock = (time: string): string => time.padStart(5, '0');

function rateOf(text: string, option: string): Rates {
  return { bytesPerSecond: parseBandwidth(text, option), requestsPerSecond: 0, concurrency: 0 };
}

function wrongWindow(text: string): SmartantError {
  return usage(
    `--window "${text}" is not a window.`,
    'Write [DAYS] FROM-TO [RATE], for example "mon-fri 22:00-06:00" or "sat,sun 00:00-24:00 50M".',
  );
}

function usage(message: string, hint: string): SmartantError {
  return new SmartantError('CLI_USAGE', message, { kind: 'invalid', hint });
}
