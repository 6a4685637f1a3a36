import { SmartantError } from '@smartant/kernel';
import type { MigrationKind } from '../migration/migration-spec';
import type { EndpointLocation } from './endpoint';

const KIND_OF: Record<EndpointLocation['kind'], MigrationKind> = {
  s3: 'storage',
  file: 'storage',
  postgres: 'database',
  ssh: 'host',
  image: 'host',
};

/** Which migrations, and so which migrator, an endpoint is for. */
export function kindOfLocation({ kind }: EndpointLocation): MigrationKind {
  return KIND_OF[kind];
}

/** Raises MIGRATION_KIND_MISMATCH, naming each side that is no place of this kind. */
export function assertKindFits(kind: MigrationKind, sides: { source: EndpointLocation; target: EndpointLocation }): void {
  const fields = (['source', 'target'] as const).flatMap((side) =>
    kindOfLocation(sides[side]) === kind
      ? []
      : [{ field: side, message: `is of kind "${sides[side].kind}", not a place of kind "${kind}"` }],
  );
  if (fields.length === 0) return;
  throw new SmartantError(
    'MIGRATION_KIND_MISMATCH',
    `A migration of kind "${kind}" cannot use its ${fields.map(({ field }) => field).join(' and ')}.`,
    {
      kind: 'invalid',
      hint: 'Storage is migrated between buckets and file roots, databases between servers of one family, hosts from one reached by SSH to another or into an image.',
      fields,
    },
  );
}
