import { endpointContext, type Vault } from './ports/vault';

/** A digest of a request's content. Keyed, because content may hold secrets; the order of an object's fields does not matter. */
export function requestFingerprint(vault: Vault, workspaceId: string, content: unknown): string {
  return vault.fingerprint(`request/${endpointContext(workspaceId, '')}`, Buffer.from(canonicalJson(content)));
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}
