import { SmartantError } from '@smartant/kernel';

interface Explanation {
  code: string;
  text: string;
  hint: string;
}

const EXPIRED: Explanation = {
  code: 'TLS_CERTIFICATE_EXPIRED',
  text: 'has expired, or one that vouches for it has',
  hint: 'Renew the certificate at the server. A wrong clock of this machine looks the same.',
};
const NOT_YET: Explanation = {
  code: 'TLS_CERTIFICATE_NOT_YET_VALID',
  text: 'is not valid yet',
  hint: 'Set this machine’s clock by NTP, or look at the certificate’s dates.',
};
const UNKNOWN_AUTHORITY: Explanation = {
  code: 'TLS_AUTHORITY_UNKNOWN',
  text: 'comes from an authority that is not trusted here',
  hint: 'Add the authority’s certificate to the endpoint (tlsCaPem; for the command line ca=FILE), or pin the server’s own (certificateSha256).',
};
const UNUSABLE: Explanation = {
  code: 'TLS_CERTIFICATE_INVALID',
  text: 'cannot be used for this',
  hint: 'Look at the certificate’s purpose, signature and chain: openssl s_client -connect HOST:PORT -showcerts.',
};

/** By the names of OpenSSL's verification errors, as Node passes them on. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE_PROBLEMS: Record<string, Explanation> = {
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: NOT_YET,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  CERT_REVOKED: UNUSABLE,
  CERT_REJECTED: UNUSABLE,
  CERT_SIGNATURE_FAILURE: UNUSABLE,
  CERT_CHAIN_TOO_LONG: UNUSABLE,
  INVALID_CA: UNUSABLE,
  INVALID_PURPOSE: UNUSABLE,
  PATH_LENGTH_EXCEEDED: UNUSABLE,
};

/** Failures of the handshake itself, by OpenSSL's reason as Node names it. */
const PLAIN_TEXT = /^(ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST|RECORD_LAYER_FAILURE)|EPROTO)$/;
const TOO_OLD =
  /^ERR_SSL_(UNSUPPORTED_PROTOCOL|TLSV1_ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE|VERSION_TOO_LOW|TLS_ALERT_PROTOCOL_VERSION)$/;
const WANTS_CLIENT =
  /^ERR_SSL_((TLSV13|SSL\/TLS|TLS|TLSV1|SSLV3)_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNKNOWN_CA|CERTIFICATE_EXPIRED|ACCESS_DENIED|HANDSHAKE_FAILURE))$/;

/**
 * What is wrong with the TLS of a server, as one of ours; undefined for an error that has nothing to do with TLS. `host` is the name
 * that was asked for. None of these passes by itself.
 */
export function tlsError(error: unknown, host?: string): SmartantError | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  const server = host === undefined ? 'the server' : `"${host}"`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return nameMismatch(error, server);
  const problem = CERTIFICATE_PROBLEMS[code];
  if (problem) return failure({ ...problem, text: `The certificate of ${server} ${problem.text} (${code}).` }, error);
  if (TOO_OLD.test(code)) {
    const hint = 'Update the server’s TLS, or lower the endpoint’s minimum version (1.2 is the least).';
    return failure(
      { code: 'TLS_VERSION_UNSUPPORTED', text: `There is no TLS version that both sides accept: ${server} (${code}).`, hint },
      error,
    );
  }
  if (WANTS_CLIENT.test(code)) {
    const hint = 'Give the endpoint a client certificate and key from an authority that the server trusts.';
    const text = `The handshake was refused by ${server}, which wants a client certificate that it trusts (${code}).`;
    return failure({ code: 'TLS_CLIENT_REFUSED', text, hint }, error);
  }
  if (PLAIN_TEXT.test(code)) {
    const hint = 'Correct the address: http or https, and the port.';
    return failure({ code: 'TLS_NOT_SPOKEN', text: `There is no TLS at this port of ${server} (${code}).`, hint }, error);
  }
  return undefined;
}

/** Names are told as the certificate has them: most often one sees at once which other server answered. */
function nameMismatch(error: unknown, server: string): SmartantError {
  const { cert } = error as { cert?: { subjectaltname?: string; subject?: { CN?: string } } };
  const names = cert?.subjectaltname?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')) ?? [cert?.subject?.CN ?? 'no name'];
  const few = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
  const hint = 'Use one of these names in the address, or set the endpoint’s server name to the one that is meant.';
  const text = `The certificate is not for ${server}: it is for ${few}.`;
  return failure({ code: 'TLS_NAME_MISMATCH', text, hint }, error, { names: few });
}

/** Another certificate than the pinned one. */
export function fingerprintMismatch(host: string, found: string): SmartantError {
  const hint = 'If the server’s certificate was renewed, pin the new one; else somebody stands in between.';
  const text = `The certificate of "${host}" has the SHA-256 ${found}, which is not the pinned one.`;
  return failure({ code: 'TLS_FINGERPRINT_MISMATCH', text, hint }, undefined, { certificateSha256: found });
}

function failure({ code, text, hint }: Explanation, cause: unknown, details: Record<string, string> = {}): SmartantError {
  return new SmartantError(code, text, { kind: 'precondition', actor: 'user', hint, details, cause });
}
