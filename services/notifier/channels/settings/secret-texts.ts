import { ChannelError } from '../../application/ports/channel-error';

/** Shorter ones stand in any text by chance. */
const SHORTEST = 6;
const SHORTEST_PART = 10;

/**
 * The secrets of a channel, so that they can be kept out of what it tells. Nothing puts them there on purpose: a provider may answer with
 * what it was sent, even in the place of a code or an id.
 */
export class SecretTexts {
  private readonly texts: string[];

  constructor(secrets: Readonly<Record<string, unknown>>) {
    const values = Object.values(secrets).filter((value): value is string => typeof value === 'string');
    const parts = values.flatMap(partsOf).filter((part) => part.length >= SHORTEST_PART);
    const all = [...values.filter((value) => value.length >= SHORTEST), ...parts];
    // The longest first, so that none is left in pieces.
    this.texts = [...new Set(all.flatMap((text) => [text, encodeURIComponent(text)]))].sort((a, b) => b.length - a.length);
  }

  without(text: string): string {
    return this.texts.reduce((left, secret) => left.replaceAll(secret, '***'), text);
  }

  withoutIn(error: ChannelError): ChannelError {
    const { code, message, providerCode, refusal, retryAfterMs, hint } = error;
    const clean = [this.without(message), this.without(providerCode)] as const;
    if (clean[0] === message && clean[1] === providerCode) return error;
    return new ChannelError(code, clean[0], refusal, { providerCode: clean[1], retryAfterMs, hint });
  }
}

/** Of an address that holds a token: its steps and values. */
function partsOf(value: string): string[] {
  const url = URL.parse(value);
  if (url === null) return value.split(/[\s:]+/);
  return [...url.pathname.split('/'), ...url.searchParams.values(), `${url.pathname}${url.search}`];
}
