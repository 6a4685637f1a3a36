import { ChannelError, type ChannelErrorOptions } from '../application/ports/channel-error';
import type { Refusal } from '../application/ports/channel';

interface Explanation {
  code: string;
  refusal: Refusal;
  text: string;
  hint: string;
}

/** Why a channel did not deliver, the same for all providers. Tables of providers' own codes lead to these. */
const REASONS = {
  unreachable: {
    code: 'NOTIFY_CHANNEL_UNREACHABLE',
    refusal: 'retry',
    text: 'The provider cannot be reached, or the connection was lost.',
    hint: 'Check the address, and whether the provider is up and may be reached from the server.',
  },
  timeout: {
    code: 'NOTIFY_CHANNEL_TIMEOUT',
    refusal: 'retry',
    text: 'The provider did not answer in time.',
    hint: 'It is tried again by itself; the message may have been taken.',
  },
  throttled: {
    code: 'NOTIFY_CHANNEL_THROTTLED',
    refusal: 'retry',
    text: 'The provider takes no more messages just now.',
    hint: 'Group more alerts into one message, or spread them over several channels.',
  },
  quota: {
    code: 'NOTIFY_CHANNEL_QUOTA_EXHAUSTED',
    refusal: 'retry',
    text: 'The provider’s quota for this recipient or account is used up for the hour, the day or the month.',
    hint: 'Raise the quota at the provider, or use a digest.',
  },
  failed: {
    code: 'NOTIFY_CHANNEL_PROVIDER_FAILED',
    refusal: 'retry',
    text: 'The provider has a failure of its own.',
    hint: 'It is tried again by itself; look at the provider’s status page where it lasts.',
  },
  answer: {
    code: 'NOTIFY_CHANNEL_ANSWER_INVALID',
    refusal: 'retry',
    text: 'What answered is not the provider’s interface.',
    hint: 'Check the address: a proxy or a page for people answers like this.',
  },
  unknown: {
    code: 'NOTIFY_CHANNEL_CODE_UNKNOWN',
    refusal: 'retry',
    text: 'The provider refused with a code that is not known here.',
    hint: 'Look the code up in the provider’s documentation.',
  },
  broken: {
    code: 'NOTIFY_CHANNEL_BROKEN',
    refusal: 'retry',
    text: 'The channel failed in an unexpected way.',
    hint: 'Look for the trace id in the logs and report it.',
  },
  untrusted: {
    code: 'NOTIFY_CHANNEL_TLS_REFUSED',
    refusal: 'reconfigure',
    text: 'The provider’s certificate is not trusted, or no TLS could be agreed on.',
    hint: 'Correct the address, or add the authority’s certificate to the channel (caPem).',
  },
  expired: {
    code: 'NOTIFY_CHANNEL_TLS_EXPIRED',
    refusal: 'retry',
    text: 'The provider’s certificate is not valid at this time.',
    hint: 'Renew it at the provider, or set this machine’s clock by NTP.',
  },
  forbidden: {
    code: 'NOTIFY_CHANNEL_ADDRESS_FORBIDDEN',
    refusal: 'reconfigure',
    text: 'Connections to this address are not allowed.',
    hint: 'An administrator can allow the address with SMARTANT_EGRESS_ALLOW.',
  },
  moved: {
    code: 'NOTIFY_CHANNEL_REDIRECTED',
    refusal: 'reconfigure',
    text: 'The provider answers with a redirect, which is not followed.',
    hint: 'Give the channel the address that it leads to.',
  },
  gone: {
    code: 'NOTIFY_CHANNEL_ADDRESS_UNKNOWN',
    refusal: 'reconfigure',
    text: 'The provider does not know this address, robot or conversation any more.',
    hint: 'Make it anew at the provider, and give the channel its address.',
  },
  credentials: {
    code: 'NOTIFY_CHANNEL_CREDENTIALS_REFUSED',
    refusal: 'reconfigure',
    text: 'The provider does not accept the channel’s credentials.',
    hint: 'Give the channel new ones, and check what they are allowed to do.',
  },
  policy: {
    code: 'NOTIFY_CHANNEL_SETTINGS_REFUSED',
    refusal: 'reconfigure',
    text: 'The provider does not accept what the channel is set to.',
    hint: 'Compare keywords, allowed addresses, templates, signatures and identifiers with those at the provider.',
  },
  balance: {
    code: 'NOTIFY_CHANNEL_BALANCE_EXHAUSTED',
    refusal: 'reconfigure',
    text: 'The account at the provider has no balance left, or is suspended.',
    hint: 'Top it up at the provider.',
  },
  settings: {
    code: 'NOTIFY_CHANNEL_SETTINGS_INVALID',
    refusal: 'reconfigure',
    text: 'The channel’s settings or secrets cannot be used.',
    hint: 'Correct the named fields.',
  },
  recipient: {
    code: 'NOTIFY_CHANNEL_RECIPIENT_REFUSED',
    refusal: 'give-up',
    text: 'The provider does not deliver to this recipient.',
    hint: 'Correct the number, address or id, or let the person subscribe again.',
  },
  message: {
    code: 'NOTIFY_CHANNEL_MESSAGE_REFUSED',
    refusal: 'give-up',
    text: 'The provider does not take this message.',
    hint: 'Look for forbidden words, links or lengths in the template.',
  },
} as const satisfies Record<string, Explanation>;

export type Reason = keyof typeof REASONS;

export interface RefusalDetails extends Pick<ChannelErrorOptions, 'providerCode' | 'retryAfterMs'> {
  /** What is known beside the reason. No secret, and no text of a provider: those may repeat what was sent. */
  detail?: string;
}

/** There is never a cause: errors of clients and SDKs carry addresses, and those are secrets where a webhook's token is in them. */
export function refused(reason: Reason, { detail, providerCode = '', retryAfterMs }: RefusalDetails = {}): ChannelError {
  const { code, text, refusal, hint } = REASONS[reason];
  const known = [detail, isCode(providerCode) ? providerCode : undefined].filter((part) => part !== undefined && part !== '').join(', ');
  const message = known === '' ? text : `${text.replace(/\.$/, '')} (${known}).`;
  return new ChannelError(code, message, refusal, { providerCode: isCode(providerCode) ? providerCode : '', retryAfterMs, hint });
}

/** A table of a provider's codes; a key that ends in a dot stands for all that begin so. */
export type CodeTable = Readonly<Record<string, Reason>>;

export function reasonIn(table: CodeTable, code: string): Reason {
  if (Object.hasOwn(table, code)) return table[code] ?? 'unknown';
  const family = code.replace(/\..*$/s, '.');
  return (Object.hasOwn(table, family) ? table[family] : undefined) ?? 'unknown';
}

/** What is longer, or has other characters, is a text: it might repeat anything. */
function isCode(text: string): boolean {
  return /^[\w.:-]{1,64}$/.test(text);
}
