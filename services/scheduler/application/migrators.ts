import { SmartantError } from '@smartant/kernel';
import type { MigrationKind } from '../domain/migration/migration-spec';
import type { Migrator, Migrators } from './ports/migrator';

const SETTING_OF: Record<MigrationKind, string> = {
  storage: 'SMARTANT_STORAGE_MIGRATOR_ADDRESS',
  database: 'SMARTANT_DB_MIGRATOR_ADDRESS',
  host: 'SMARTANT_HOST_MIGRATOR_ADDRESS',
};

/** The migrators that this installation has. */
export function migratorsOf(present: { [K in MigrationKind]?: Migrator | undefined }): Migrators {
  return {
    of: (kind) => {
      const migrator = present[kind];
      if (migrator) return migrator;
      throw new SmartantError('MIGRATOR_NOT_CONFIGURED', `This installation has no migrator for migrations of kind "${kind}".`, {
        kind: 'precondition',
        actor: 'operator',
        hint: `Run the service, and give the scheduler its address in ${SETTING_OF[kind]}.`,
        details: { kind },
      });
    },
  };
}
