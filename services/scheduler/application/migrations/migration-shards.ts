import { pageSizeOf } from '../paging';
import type { Migrators } from '../ports/migrator';
import type { UnitOfWork } from '../ports/unit-of-work';
import type { Caller, Page, PageRequest } from '../use-cases';
import { requireMigration } from './require-migration';
import type { Shard, ShardMap, ShardState, ShardUseCases } from './shard-use-cases';

const DEFAULT_CELLS = 400;

/** The shards of a migration, kept by its migrator. */
export class MigrationShards implements ShardUseCases {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly migrators: Migrators,
  ) {}

  async map(caller: Caller, id: string, { runId = '', cells = DEFAULT_CELLS }: { runId?: string; cells?: number }): Promise<ShardMap> {
    return (await this.migratorOf(caller, id)).mapShards(id, runId, cells);
  }

  async list(caller: Caller, id: string, query: PageRequest & { runId?: string; state?: ShardState }): Promise<Page<Shard>> {
    const { runId = '', state = '', ...page } = query;
    const size = { pageSize: pageSizeOf(page), pageToken: page.pageToken ?? '' };
    return (await this.migratorOf(caller, id)).listShards(id, { runId, state, ...size });
  }

  private async migratorOf({ workspaceId }: Caller, id: string) {
    const { spec } = await requireMigration(this.unitOfWork.reads, workspaceId, id);
    return this.migrators.of(spec.kind);
  }
}
