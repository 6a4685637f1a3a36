import { SmartantError } from '@smartant/kernel';
import type { Reached } from './network-options';
import type { InlineEndpoint } from './resolve-endpoint';

/** The endpoint, reached as the options say. `text`: what names it. Raises CLI_USAGE for one that no network leads to. */
export function withNetwork({ location, secret }: InlineEndpoint, { network, ...reached }: Reached, text: string): InlineEndpoint {
  if (location.kind !== 'file') {
    return { location: { ...location, ...reached }, secret: network === undefined ? secret : { ...secret, network } };
  }
  if (isSaid({ network, ...reached })) {
    throw new SmartantError('CLI_USAGE', `"${text}" is not reached over a network.`, {
      kind: 'invalid',
      hint: 'Leave --via-… and --tls-… out.',
    });
  }
  return { location, secret };
}

/** Whether any option said how the endpoint is reached. */
export function isSaid(reached: Reached): boolean {
  return Object.values(reached).some((value) => value !== undefined);
}
