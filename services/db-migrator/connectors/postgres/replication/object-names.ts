/** What a migration's slot and publication are called at its source: from its id ("mig_" and 32 hexadecimal digits). */
export function streamObjectNames(migrationId: string): { slot: string; publication: string; insertsOnly: string } {
  const name = `smartant_${migrationId.replace(/^mig_/, '').toLowerCase()}`;
  return { slot: name, publication: name, insertsOnly: `${name}_inserts` };
}
