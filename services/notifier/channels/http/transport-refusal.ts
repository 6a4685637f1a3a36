import type { ChannelError } from '../../application/ports/channel-error';
import { refused } from '../channel-refusals';

const TIMEOUTS = new Set(['CONNECT_TIMEOUT', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
/** A certificate that its owner has to renew: nothing is wrong with the channel. */
const DATES = new Set(['TLS_CERTIFICATE_EXPIRED', 'TLS_CERTIFICATE_NOT_YET_VALID', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
/** OpenSSL's and Node's names of what is wrong with a certificate or a handshake. */
const UNTRUSTED = /^(TLS_|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|EPROTO$|ETLS$)/;

/** Why a connection failed, by the error's code and never its text. Everything unknown is a connection that was lost. */
export function transportRefusal(error: unknown): ChannelError {
  const code = codeOf(error);
  if (code === 'EGRESS_FORBIDDEN') return refused('forbidden');
  if (DATES.has(code)) return refused('expired', { detail: code });
  if (UNTRUSTED.test(code)) return refused('untrusted', { detail: code });
  if (TIMEOUTS.has(code)) return refused('timeout', { detail: code });
  return refused('unreachable', { detail: code });
}

/** Clients wrap what the socket raised; the innermost code tells most. */
function codeOf(error: unknown): string {
  let [current, found] = [error, ''];
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth += 1) {
    const { code, cause, errors } = current as { code?: unknown; cause?: unknown; errors?: unknown[] };
    if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) found = code;
    if (found === 'EGRESS_FORBIDDEN' || UNTRUSTED.test(found)) return found;
    current = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return found;
}
