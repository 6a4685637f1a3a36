import type { Schema } from '@smartant/contracts/openapi';
import type { Endpoint, LocationInput, SecretInput } from './queries';

export type Way = Schema<'WayInput'>;
export type WayKind = Way['kind'];
export type WaySecret = NonNullable<NonNullable<Schema<'NetworkSecretInput'>>['ways']>[number];

/** A step on the way to an endpoint, with what it is signed in to with. */
export interface Step {
  way: Way;
  secret: WaySecret;
}

export const MAX_STEPS = 4;

/** What each begins with. */
export const BLANK_WAY: { readonly [Kind in WayKind]: Extract<Way, { kind: Kind }> } = {
  ssh: { kind: 'ssh', host: '', port: 22, user: '', hostKeys: [] },
  proxy: { kind: 'proxy', host: '', port: 3128, tls: false },
  socks: { kind: 'socks', host: '', port: 1080 },
};

/** The steps to a saved endpoint. */
export const viaOf = (location: Endpoint['location']): readonly Pick<Way, 'kind' | 'host'>[] =>
  'via' in location ? (location.via ?? []) : [];

/** The location by way of these steps. */
export const withVia = (location: LocationInput, steps: readonly Step[]): LocationInput =>
  steps.length === 0 ? location : ({ ...location, via: steps.map(({ way }) => way) } as LocationInput);

/** The secret, with the steps' own in their order. */
export const withWays = (secret: SecretInput, secrets: readonly WaySecret[]): SecretInput =>
  secrets.some((each) => Object.keys(each).length > 0) ? { ...secret, network: { ways: [...secrets] } } : secret;
