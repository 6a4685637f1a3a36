import type { SqlExecutor } from '@smartant/platform/postgres';
import { oidcProviderContext } from '../../../application/identity/oidc-store';
import { secondFactorContext } from '../../../application/identity/second-factor-store';
import type { SealedValues } from '../../../application/ports/sealed-values';
import { endpointContext, reportKeyContext, signingKeyContext, vaultSecretContext } from '../../../application/ports/vault';
import { SealedColumn } from './sealed-column';
import { SealedProbes } from './sealed-probes';

/**
 * Every place of the database where sealed values lie. A table that gets such a column gets its entry here: keys are counted, rotated and
 * taken away by this list alone.
 */
export function sealedRegistry(sql: SqlExecutor): SealedValues[] {
  return [
    new SealedColumn(sql, {
      name: 'endpoint secrets',
      table: 'endpoint_secret',
      id: 'endpoint_id',
      sealed: 'sealed',
      contextColumns: ['workspace_id'],
      context: (row) => endpointContext(row['workspace_id']!, row['endpoint_id']!),
    }),
    new SealedColumn(sql, {
      name: 'report keys',
      table: 'report_key',
      id: 'key_id',
      sealed: 'sealed_private_key',
      context: (row) => reportKeyContext(row['key_id']!),
    }),
    new SealedColumn(sql, {
      name: 'token signing keys',
      table: 'signing_key',
      id: 'kid',
      sealed: 'sealed_private_key',
      context: (row) => signingKeyContext(row['kid']!),
    }),
    new SealedColumn(sql, {
      name: 'vault secrets',
      table: 'vault_secret',
      id: 'name',
      sealed: 'sealed',
      context: (row) => vaultSecretContext(row['name']!),
    }),
    new SealedColumn(sql, {
      name: 'second factors',
      table: 'user_second_factor',
      id: 'user_id',
      sealed: 'sealed_secret',
      context: (row) => secondFactorContext(row['user_id']!),
    }),
    new SealedColumn(sql, {
      name: 'sign-in providers',
      table: 'oidc_provider',
      id: 'id',
      sealed: 'sealed_secret',
      context: (row) => oidcProviderContext(row['id']!),
    }),
    new SealedProbes(sql),
  ];
}
