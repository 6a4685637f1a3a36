import { hasNetworkSettings } from '@smartant/connectors';
import { SmartantError } from '@smartant/kernel';
import type { Endpoint, EndpointSecret } from '../../domain/endpoint/endpoint';
import { assertEndpointValid } from '../../domain/endpoint/endpoint-rules';
import type { AddressGuard } from '../ports/address-guard';
import type { OlderPrograms } from '../ports/older-programs';
import { endpointContext, type Vault } from '../ports/vault';
import type { Stores } from '../ports/unit-of-work';
import { resolveEndpoint } from './resolve-endpoint';

export interface EndpointAdmission {
  vault: Vault;
  addresses: AddressGuard;
  older: OlderPrograms;
}

/**
 * Everything that is checked before an endpoint is kept or used, and its secret sealed for storage. Raises
 * ENDPOINT_INVALID, FILE_ROOT_UNKNOWN, EGRESS_FORBIDDEN, ENDPOINT_NEEDS_UPGRADE.
 */
export async function admitEndpoint(
  stores: Stores,
  endpoint: Endpoint,
  secret: EndpointSecret,
  admission: EndpointAdmission,
): Promise<string> {
  await admitLocation(stores, endpoint, secret, admission);
  return sealSecret(admission.vault, endpoint, secret);
}

/** The same checks; without `secret` the stored one stays. */
export async function admitLocation(
  stores: Stores,
  endpoint: Endpoint,
  secret: EndpointSecret | undefined,
  { addresses, older }: Pick<EndpointAdmission, 'addresses' | 'older'>,
): Promise<void> {
  const name = endpoint.ownedByMigrationId === null ? endpoint.name : undefined;
  assertEndpointValid({ name, location: endpoint.location, secret });
  await resolveEndpoint(stores, endpoint);
  await assertAddressesAllowed(endpoint.location, addresses);
  if (hasNetworkSettings(endpoint.location, secret?.network) && !(await older.areGoneForWays())) throw needsUpgrade();
}

function needsUpgrade(): SmartantError {
  return new SmartantError('ENDPOINT_NEEDS_UPGRADE', 'A scheduler of an older version runs, which would reach this endpoint directly.', {
    kind: 'precondition',
    retry: { kind: 'backoff' },
    hint: 'Send it again when every scheduler is upgraded; one that was killed counts for 45 seconds more.',
  });
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

/** The address that we connect to is the endpoint's, or that of the first step of its way; the far side connects to the others. */
async function assertAddressesAllowed(location: Endpoint['location'], addresses: AddressGuard): Promise<void> {
  if (location.kind === 'file' || location.kind === 'image') return;
  const steps = (location.via ?? []).map(({ kind, host }, index) => ({ kind, host, field: `location.via.${index}.host` }));
  for (const [index, { host, field }] of [...steps, ...serverOf(location)].entries()) {
    const before = steps[index - 1];
    await naming(field, async () => {
      if (before === undefined) await addresses.assertAllowed(host);
      else addresses.assertFarSideAllowed(host, { ownLoopback: before.kind === 'ssh' });
    });
  }
}

/** The endpoint's own address; a Unix socket leads to the machine itself, as its loopback does. */
function serverOf(location: Exclude<Endpoint['location'], { kind: 'file' | 'image' }>): { host: string; field: string }[] {
  if (location.kind === 'postgres') return [{ host: location.host.startsWith('/') ? '127.0.0.1' : location.host, field: 'location.host' }];
  if (location.kind === 'ssh') return [{ host: location.host, field: 'location.host' }];
  return location.serviceUrl === '' ? [] : [{ host: new URL(location.serviceUrl).hostname, field: 'location.serviceUrl' }];
}

/** Says which address is refused. */
async function naming(field: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof SmartantError)) throw error;
    const { code, message, kind, retry, actor, hint, details } = error;
    throw new SmartantError(code, message, {
      kind,
      retry,
      actor,
      hint,
      details,
      fields: [{ field, message }],
      cause: error,
    });
  }
}
