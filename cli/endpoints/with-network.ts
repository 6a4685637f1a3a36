import { SmartantError } from '@smartant/kernel';
import type { Reached } from './network-options';
import type { InlineEndpoint } from './resolve-endpoint';

/** The endpoint, reached as the options say. `text`: what names it. Raises CLI_USAGE for one that no network leads to. */
export function withNetwork({ location, secret }: InlineEndpoint, { network, ...reached }: Reached, text: string): InlineEndpoint {
  const whole = network === undefined ? secret : { ...secret, network };
  if (location.kind === 'ssh') {
    if (reached.tls !== undefined) throw notTls(text);
    return { location: { ...location, ...(reached.via ? { via: reached.via } : {}) }, secret: whole };
  }
  if (location.kind !== 'file' && location.kind !== 'image') return { location: { ...location, ...reached }, secret: whole };
  if (isSaid({ network, ...reached })) {
    throw new SmartantError('CLI_USAGE', `"${text}" is not reached over a network.`, {
      kind: 'invalid',
      hint: 'Leave --via-… and --tls-… out.',
    });
  }
  return { location, secret };
}

function notTls(text: string): SmartantError {
  return new SmartantError('CLI_USAGE', `"${text}" is reached by SSH, which has no TLS.`, { kind: 'invalid', hint: 'Leave --tls-… out.' });
}

/** Whether any option said how the endpoint is reached. */
export function isSaid(reached: object): boolean {
  return Object.values(reached).some((value) => value !== undefined);
}
