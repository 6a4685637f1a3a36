import { retryAfterMs } from './retry-after';
import { statusRefusal } from './status-refusal';
import { transportRefusal } from './transport-refusal';

const nowMs = Date.parse('2026-11-02T00:00:00Z');

it.each([
  ['0', 0],
  ['30', 30_000],
  [' 7 ', 7_000],
  ['Mon, 02 Nov 2026 00:02:00 GMT', 120_000],
  ['Sun, 01 Nov 2026 00:00:00 GMT', 0],
  // Nobody is silenced for longer than a day.
  ['99999999', 86_400_000],
  ['Fri, 01 Jan 2100 00:00:00 GMT', 86_400_000],
  ['', undefined],
  ['soon', undefined],
  ['-5', undefined],
  [undefined, undefined],
])('Retry-After %j is %j ms', (header, expected) => {
  expect(retryAfterMs(header, nowMs)).toBe(expected);
});

it('reads Retry-After of every refusal', () => {
  expect(statusRefusal({ status: 503, headers: { 'retry-after': '9' } }, nowMs)).toMatchObject({ refusal: 'retry', retryAfterMs: 9_000 });
});

it.each([
  [{ code: 'EGRESS_FORBIDDEN' }, 'NOTIFY_CHANNEL_ADDRESS_FORBIDDEN'],
  [{ code: 'UND_ERR', cause: { code: 'EGRESS_FORBIDDEN' } }, 'NOTIFY_CHANNEL_ADDRESS_FORBIDDEN'],
  [{ code: 'TLS_NAME_MISMATCH', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } }, 'NOTIFY_CHANNEL_TLS_REFUSED'],
  [{ code: 'TLS_CERTIFICATE_EXPIRED', cause: { code: 'CERT_HAS_EXPIRED' } }, 'NOTIFY_CHANNEL_TLS_EXPIRED'],
  [{ code: 'CONNECT_TIMEOUT' }, 'NOTIFY_CHANNEL_TIMEOUT'],
  [{ errors: [{ code: 'ECONNREFUSED' }] }, 'NOTIFY_CHANNEL_UNREACHABLE'],
  [{ code: 'https://secret.example/token' }, 'NOTIFY_CHANNEL_UNREACHABLE'],
  [new Error('request to https://secret.example/token failed'), 'NOTIFY_CHANNEL_UNREACHABLE'],
  [undefined, 'NOTIFY_CHANNEL_UNREACHABLE'],
])('%j is told by its code alone', (error, code) => {
  const refusal = transportRefusal(error);
  expect(refusal.code).toBe(code);
  expect(JSON.stringify([refusal, refusal.message, refusal.cause])).not.toContain('secret');
});
