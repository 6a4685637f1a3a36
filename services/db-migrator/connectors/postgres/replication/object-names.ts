/** What the names of all begin with that a migration makes at a server: from its id ("mig_" and 32 hexadecimal digits). */
export function objectPrefix(migrationId: string): string {
  return `smartant_${migrationId.replace(/^mig_/, '').toLowerCase()}`;
}

/** What a migration's slot and publication are called at its source. */
export function streamObjectNames(migrationId: string): { slot: string; publication: string; insertsOnly: string } {
  const name = objectPrefix(migrationId);
  return { slot: name, publication: name, insertsOnly: `${name}_inserts` };
}
