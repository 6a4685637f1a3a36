import { formatBytes } from '@smartant/kernel';
import type { Calendar, Rates } from '../api/api';
import type { Messages } from '../messages/messages';

/** "bwlimit 10 MiB/s, transfers 8", or that there is none. */
export function ratesText({ bytesPerSecond, requestsPerSecond, concurrency }: Rates, messages: Messages): string {
  const parts = [
    bytesPerSecond > 0 ? `bwlimit ${formatBytes(bytesPerSecond)}${messages.perSecond}` : '',
    requestsPerSecond > 0 ? `tpslimit ${requestsPerSecond}` : '',
    concurrency > 0 ? `transfers ${concurrency}` : '',
  ].filter(Boolean);
  return parts.join(', ') || messages.labels.unlimited;
}

/** "mon,tue 22:00-06:00 Asia/Shanghai; nothing moves between the windows". */
export function calendarText({ timeZone, windows, outside }: Calendar, messages: Messages): string {
  const lines = windows.map(({ days, from, to, limits }) =>
    [days.length === 7 ? '' : days.join(','), `${from}-${to}`, limits ? `(${ratesText(limits, messages)})` : ''].filter(Boolean).join(' '),
  );
  const rest = outside === 'stop' ? messages.outsideStop : messages.outsideLimits(ratesText(outside, messages));
  return `${lines.join(', ')} ${timeZone}; ${rest}`;
}
