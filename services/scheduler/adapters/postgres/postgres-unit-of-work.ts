import type { Database, ReadPool, SqlExecutor, Transaction } from '@smartant/platform/postgres';
import type { EventStore, MigrationEventStore, Stores, UnitOfWork } from '../../application/ports/unit-of-work';
import { AlertRows } from './alerting/alert-rows';
import { AlertRuleRows } from './alerting/alert-rule-rows';
import { EndpointTrialRows } from './alerting/endpoint-trial-rows';
import { AuditRows } from './audit/audit-rows';
import { EndpointRows, FileRootRows } from './endpoint-rows';
import { DraftRows } from './draft-rows';
import { MigrationEventRows } from './migration-event-rows';
import { MigrationRows } from './migration-rows';
import { ReportKeyRows, ReportRows, WaiverRows } from './report-rows';
import { ProbeRows, RequestRows } from './request-rows';
import { ScopeLimitRows } from './scope-limit-rows';
import { InvitationRows } from './tenancy/invitation-rows';
import { MemberRows } from './tenancy/member-rows';
import { QuotaRows } from './tenancy/quota-rows';
import { ServiceAccountRows } from './tenancy/service-account-rows';
import { UserRows } from './tenancy/user-rows';
import { WorkspaceRows } from './tenancy/workspace-rows';
import { GivenUpRows } from './vault/given-up-rows';
import { RotationRows } from './vault/rotation-rows';

/** The scheduler's schema. `eventsIn` writes into the outbox through the given transaction; without a `readPool` reads share the connections of changes. */
export class PostgresUnitOfWork implements UnitOfWork {
  readonly direct: Stores;
  readonly reads: Stores;

  constructor(
    private readonly database: Database,
    private readonly eventsIn: (tx: SqlExecutor) => EventStore,
    readPool?: ReadPool,
  ) {
    this.direct = this.storesIn({ manager: database.dataSource.manager, query: (sql, params) => database.query(sql, params) });
    this.reads = readPool ? this.storesIn(readPool) : this.direct;
  }

  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.database.transaction((tx) => work(this.storesIn(tx)));
  }

  private storesIn(tx: Transaction): Stores {
    return {
      workspaces: new WorkspaceRows(tx),
      members: new MemberRows(tx),
      users: new UserRows(tx),
      invitations: new InvitationRows(tx),
      serviceAccounts: new ServiceAccountRows(tx),
      quotas: new QuotaRows(tx),
      endpoints: new EndpointRows(tx),
      fileRoots: new FileRootRows(tx),
      scopeLimits: new ScopeLimitRows(tx),
      migrations: new MigrationRows(tx),
      migrationEvents: new MigrationEventRows(tx),
      drafts: new DraftRows(tx),
      waivers: new WaiverRows(tx),
      reports: new ReportRows(tx),
      reportKeys: new ReportKeyRows(tx),
      probes: new ProbeRows(tx),
      requests: new RequestRows(tx),
      events: recorded(this.eventsIn(tx), new MigrationEventRows(tx)),
      audit: new AuditRows(tx),
      vaultRotations: new RotationRows(tx),
      givenUp: new GivenUpRows(tx),
      alertRules: new AlertRuleRows(tx),
      alerts: new AlertRows(tx),
      endpointTrials: new EndpointTrialRows(tx),
    };
  }
}

/** What is published is also kept beside the migration, in the same transaction. */
function recorded(published: EventStore, kept: MigrationEventStore): EventStore {
  return {
    append: async (migration, changes) => {
      await kept.append(migration, changes);
      await published.append(migration, changes);
    },
    appendAlerts: (conditions) => published.appendAlerts(conditions),
  };
}
