import type { Logger } from '@smartant/platform/logging';
import type { Outbox } from '@smartant/platform/events';
import type { Database, SqlExecutor } from '@smartant/platform/postgres';
import { auditEvents } from './adapters/events/audit-events';
import { auditTelemetry, watchAuditAge } from './adapters/observability/audit-telemetry';
import { PostgresAuditTrail } from './adapters/postgres/audit/postgres-audit-trail';
import { auditSigner } from './adapters/proof/audit-signer';
import { AuditKeeper } from './application/audit/audit-keeper';
import { AuditService } from './application/audit/audit-service';
import { oneAtATime } from './application/audit/one-at-a-time';
import { RefusalLog } from './application/audit/refusal-log';
import type { UnitOfWork } from './application/ports/unit-of-work';
import type { ReportIssuer } from './application/report/report-issuer';

/** An entry has its place in the chain about a second after its change. */
const SEAL_MS = 1_000;
const REFUSALS_MS = 60_000;
/** How far a rewrite could reach back before it contradicts something that was signed. */
const CHECKPOINT_MS = 600_000;
const CHECKPOINT_LOOK_MS = 60_000;
const PRUNE_MS = 600_000;

/** The audit trail of this process. */
export interface AuditParts {
  trail: PostgresAuditTrail;
  keeper: AuditKeeper;
  service: AuditService;
  refusals: RefusalLog;
}

interface AuditSurroundings {
  database: Database;
  readPool: SqlExecutor;
  outbox: Outbox;
  unitOfWork: UnitOfWork;
  reports: ReportIssuer;
}

export function openAudit(
  { logger, auditRetentionDays }: { logger: Logger; auditRetentionDays?: number },
  { database, readPool, outbox, unitOfWork, reports }: AuditSurroundings,
): AuditParts {
  const trail = new PostgresAuditTrail(database, readPool, auditEvents(outbox));
  const sign = auditSigner(reports);
  return {
    trail,
    keeper: new AuditKeeper({ trail, sign, retentionDays: auditRetentionDays ?? null, observer: auditTelemetry(logger) }),
    service: new AuditService({ trail, unitOfWork, sign }),
    refusals: new RefusalLog({
      append: (actor, fact) => unitOfWork.direct.audit.append(actor, fact),
      onError: (error) => logger.error({ err: error }, 'a refusal could not be written into the audit trail'),
    }),
  };
}

/** Begins what is done for the trail by itself. `end` writes and seals what is left; call it once `every` does nothing more. */
export function runAuditJobs(
  { trail, keeper, refusals }: AuditParts,
  every: (ms: number, name: string, work: () => Promise<void>) => void,
): { end(): Promise<void> } {
  const seal = oneAtATime(() => keeper.seal());
  const flush = oneAtATime(() => refusals.flush());
  every(SEAL_MS, 'audit sealing', seal);
  every(REFUSALS_MS, 'audit refusals', flush);
  every(
    CHECKPOINT_LOOK_MS,
    'audit checkpoints',
    oneAtATime(() => keeper.checkpoint(CHECKPOINT_MS)),
  );
  every(
    PRUNE_MS,
    'audit pruning',
    oneAtATime(() => keeper.prune()),
  );
  watchAuditAge(trail);
  return {
    end: async () => {
      await flush();
      // What stays pending is sealed by another replica, or after the next start.
      await seal().catch(() => undefined);
    },
  };
}
