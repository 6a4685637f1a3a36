import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import type { AccountStores, AccountUnitOfWork } from '../../../application/identity/account-stores';
import { AuditRows } from '../audit/audit-rows';
import { MemberRows } from '../tenancy/member-rows';
import { UserRows } from '../tenancy/user-rows';
import { WorkspaceRows } from '../tenancy/workspace-rows';
import { AccountRows } from './account-rows';
import { OidcRows } from './oidc-rows';
import { SecondFactorRows } from './second-factor-rows';
import { SessionRows } from './session-rows';
import { listSigningKeys, rotateIn } from './signing-key-rows';

/** Accounts in PostgreSQL. Its tables: `identityMigrations`, `sessionMigrations` and those of the audit trail. */
export class PostgresAccountUnitOfWork implements AccountUnitOfWork {
  readonly direct: AccountStores;

  constructor(private readonly database: Database) {
    this.direct = storesIn(database);
  }

  transaction<T>(work: (stores: AccountStores) => Promise<T>): Promise<T> {
    return this.database.transaction((tx) => work(storesIn(tx)));
  }
}

function storesIn(sql: SqlExecutor): AccountStores {
  return {
    accounts: new AccountRows(sql),
    sessions: new SessionRows(sql),
    secondFactors: new SecondFactorRows(sql),
    signingKeys: {
      list: () => listSigningKeys(sql),
      rotate: (key, overlapMs) => rotateIn(sql, key, overlapMs),
    },
    oidc: new OidcRows(sql),
    workspaces: new WorkspaceRows(sql),
    members: new MemberRows(sql),
    users: new UserRows(sql),
    audit: new AuditRows(sql),
  };
}
