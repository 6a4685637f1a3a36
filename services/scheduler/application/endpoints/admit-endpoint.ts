import { SmartantError } from '@smartant/kernel';
import type { Endpoint, EndpointSecret } from '../../domain/endpoint/endpoint';
import { assertEndpointValid } from '../../domain/endpoint/endpoint-rules';
import type { AddressGuard } from '../ports/address-guard';
import { endpointContext, type Vault } from '../ports/vault';
import type { Stores } from '../ports/unit-of-work';
import { resolveEndpoint } from './resolve-endpoint';

export interface EndpointAdmission {
  vault: Vault;
  addresses: AddressGuard;
}

/**
 * Everything that is checked before an endpoint is kept or used, and its secret sealed for storage. Raises
 * ENDPOINT_INVALID, FILE_ROOT_UNKNOWN, EGRESS_FORBIDDEN.
 */
export async function admitEndpoint(
  stores: Stores,
  endpoint: Endpoint,
  secret: EndpointSecret,
  admission: EndpointAdmission,
): Promise<string> {
  await admitLocation(stores, endpoint, secret, admission.addresses);
  return sealSecret(admission.vault, endpoint, secret);
}

/** The same checks; without `secret` the stored one stays. */
export async function admitLocation(
  stores: Stores,
  endpoint: Endpoint,
  secret: EndpointSecret | undefined,
  addresses: AddressGuard,
): Promise<void> {
  const name = endpoint.ownedByMigrationId === null ? endpoint.name : undefined;
  assertEndpointValid({ name, location: endpoint.location, secret });
  await resolveEndpoint(stores, endpoint);
  if (endpoint.location.kind === 's3' && endpoint.location.serviceUrl !== '') {
    await assertReachable(addresses, new URL(endpoint.location.serviceUrl).hostname);
  }
}

/** Sealed for this endpoint alone. */
export async function sealSecret(vault: Vault, { workspaceId, id }: Endpoint, secret: EndpointSecret): Promise<string> {
  const plaintext = Buffer.from(JSON.stringify(secret));
  try {
    return await vault.seal(endpointContext(workspaceId, id), plaintext);
  } finally {
    plaintext.fill(0);
  }
}

/** Says that it is the address that is refused. */
async function assertReachable(addresses: AddressGuard, host: string): Promise<void> {
  try {
    await addresses.assertAllowed(host);
  } catch (error) {
    if (!(error instanceof SmartantError)) throw error;
    const { code, message, kind, retry, actor, hint, details } = error;
    throw new SmartantError(code, message, {
      kind,
      retry,
      actor,
      hint,
      details,
      fields: [{ field: 'location.serviceUrl', message }],
      cause: error,
    });
  }
}
