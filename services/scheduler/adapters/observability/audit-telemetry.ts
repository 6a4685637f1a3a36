import type { Logger } from '@smartant/platform/logging';
import { counter, gauge } from '@smartant/platform/metrics';
import type { AuditKeeperOptions } from '../../application/audit/audit-keeper';

const sealedEntries = counter('smartant_audit_sealed_total', 'Entries that this process put into the chains of the audit trail.');
const brokenChains = counter('smartant_audit_broken_total', 'Times that a chain of the audit trail was found changed.');

/** Counts what is sealed, and calls out a chain that is not whole. */
export function auditTelemetry(logger: Logger): AuditKeeperOptions['observer'] {
  return {
    sealed: (entries) => sealedEntries.inc(entries),
    broken: (chain, seq) => {
      brokenChains.inc();
      logger.error({ chain, seq }, 'the audit trail was changed: this entry is not what it was when it was written');
    },
  };
}

/** Publishes how long the oldest entry waits for its place; asked for when metrics are scraped, NaN when unknown. */
export function watchAuditAge(trail: { oldestPendingSeconds(): Promise<number> }): void {
  const age = gauge('smartant_audit_pending_age_seconds', 'Age of the oldest entry of the audit trail that is not yet in its chain.');
  Object.assign(age, {
    collect: async () => age.set(await trail.oldestPendingSeconds().catch(() => Number.NaN)),
  });
}
