import { Secret, TOTP } from 'otpauth';

/** What every authenticator app takes: SHA-1, six digits, thirty seconds (RFC 6238; apps ignore other settings of the URI). */
const SETTINGS = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const SECRET_BYTES = 20;
/** Steps before and after: a phone's clock may be half a minute off, and typing takes its time (RFC 6238, 5.2). */
const WINDOW = 1;

const FORM = /^\d{6}$/;

export function newTotpSecret(): Buffer {
  return Buffer.from(new Secret({ size: SECRET_BYTES }).bytes);
}

/** For the authenticator app: as a link or QR code, and to type in. Both hold the secret. */
export function totpEnrolment(secret: Buffer, username: string): { uri: string; secret: string } {
  const totp = totpOf(secret, username);
  return { uri: totp.toString(), secret: totp.secret.base32 };
}

/** The time step that a code belongs to; null when it is wrong. A step may be used once only: RFC 6238, 5.2. */
export function totpStep(secret: Buffer, code: string, nowMs: number): number | null {
  if (!FORM.test(code)) return null;
  const totp = totpOf(secret, '');
  const delta = totp.validate({ token: code, timestamp: nowMs, window: WINDOW });
  return delta === null ? null : totp.counter({ timestamp: nowMs }) + delta;
}

function totpOf(secret: Buffer, label: string): TOTP {
  const bytes = new Uint8Array(secret);
  return new TOTP({ ...SETTINGS, issuer: 'SmartAnt', label, secret: new Secret({ buffer: bytes.buffer }) });
}
