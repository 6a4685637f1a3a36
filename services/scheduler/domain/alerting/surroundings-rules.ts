import { defineRule, type AlertRule } from './alert-rule';

const DAY_MS = 86_400_000;

/** An endpoint that migrations in progress use, as it was last tried. */
export interface WatchedEndpoint {
  readonly workspaceId: string;
  readonly endpointId: string;
  readonly name: string;
  /** Of its location: `s3`, `file`, `postgres`, `ssh`, `image`. */
  readonly kind: string;
  /** Set for one that was given inline. */
  readonly migrationId: string | null;
  /** Attempts in a row that failed. */
  readonly failures: number;
  readonly failingSinceMs: number;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

export const endpointUnreachable = defineRule({
  name: 'endpoint-unreachable',
  subject: 'endpoint',
  summary: 'An endpoint that a migration in progress uses could not be reached, or refused its credentials, each time that it was tried.',
  severity: 'critical',
  forSeconds: 0,
  thresholds: { attempts: { summary: 'Attempts in a row that failed.', usual: 3, minimum: 1, maximum: 100 } },
  evaluate: (endpoint: WatchedEndpoint, { attempts }) => {
    if (endpoint.failures < attempts) return null;
    const { code, message, hint } = endpoint.error;
    const labels = { endpoint_id: endpoint.endpointId, endpoint: endpoint.name, kind: endpoint.kind };
    const figures = { failed_attempts: String(endpoint.failures), failing_since: new Date(endpoint.failingSinceMs).toISOString() };
    const texts = { error_code: code, error_message: message, hint };
    return {
      labels: endpoint.migrationId === null ? labels : { ...labels, migration_id: endpoint.migrationId },
      annotations: { ...figures, ...texts, console_path: `/workspaces/${endpoint.workspaceId}/endpoints/${endpoint.endpointId}` },
    };
  },
});

/** Something that opens a door until a day. */
export interface WatchedCredential {
  readonly workspaceId: string;
  readonly kind: 'api-key' | 'service-account-key' | 'client-certificate';
  /** Of the key, or of the endpoint that the certificate is for. */
  readonly id: string;
  readonly name: string;
  readonly beginsAtMs: number;
  readonly expiresAtMs: number;
}

export const credentialsNearExpiry = defineRule({
  name: 'credentials-near-expiry',
  subject: 'credential',
  summary: 'An API key, the key of a service account, or the client certificate of an endpoint expires soon, or has lately.',
  severity: 'warning',
  forSeconds: 0,
  thresholds: {
    days: { summary: 'Days before it expires; of what is good for a short time its last quarter.', usual: 14, minimum: 1, maximum: 365 },
  },
  evaluate: (credential: WatchedCredential, { days }, nowMs) => {
    const { beginsAtMs, expiresAtMs } = credential;
    const noticeMs = Math.min(days * DAY_MS, (expiresAtMs - beginsAtMs) / 4);
    if (nowMs < expiresAtMs - noticeMs) return null;
    const daysLeft = Math.floor((expiresAtMs - nowMs) / DAY_MS);
    return {
      labels: { credential: credential.name, credential_id: credential.id, credential_kind: credential.kind },
      annotations: {
        expires_at: new Date(expiresAtMs).toISOString(),
        days_left: String(daysLeft),
        console_path: `/workspaces/${credential.workspaceId}/${credential.kind === 'client-certificate' ? 'endpoints' : 'api-keys'}`,
        hint: 'Make a new one, give it to whatever uses the old one, then remove that.',
      },
    };
  },
});

/** What is looked at of the platform as a whole. */
export interface WatchedPlatform {
  /** Age of the oldest event that was not carried to the bus. */
  readonly outboxAgeMs: number;
  readonly parkedEvents: number;
  /** Age of the oldest entry of the audit trail that has no place in its chain. */
  readonly auditAgeMs: number;
  /** Chains of the audit trail whose end was not signed, at most ten of them, and for how long the oldest has not been. */
  readonly unsignedChains: readonly string[];
  readonly unsignedAgeMs: number;
  /** Of the key that access tokens are signed with; null: there is none yet. */
  readonly signingKeyAgeMs: number | null;
}

const platform = (labels: Record<string, string>, figures: Record<string, string>, hint: string) => ({
  labels,
  annotations: { ...figures, hint },
});
const seconds = (ms: number): string => String(Math.floor(ms / 1_000));

export const outboxBehind = defineRule({
  name: 'outbox-behind',
  subject: 'platform',
  summary:
    'Events wait to be carried to the event bus. Alerts travel by it too: this one arrives when it moves again, and is shown meanwhile.',
  severity: 'critical',
  forSeconds: 60,
  thresholds: { seconds: { summary: 'Age of the oldest event that waits.', usual: 120, minimum: 10, maximum: 86_400 } },
  evaluate: (facts: WatchedPlatform, thresholds) =>
    facts.outboxAgeMs <= thresholds.seconds * 1_000
      ? null
      : platform(
          { component: 'outbox' },
          { age_seconds: seconds(facts.outboxAgeMs) },
          'See that the event bus can be reached: docs/guides/event-bus.md.',
        ),
});

export const eventsParked = defineRule({
  name: 'events-parked',
  subject: 'platform',
  summary: 'Events were parked because no attempt could handle them.',
  severity: 'warning',
  forSeconds: 0,
  thresholds: { events: { summary: 'Parked events that there may be.', usual: 0, minimum: 0, maximum: 1_000_000 } },
  evaluate: (facts: WatchedPlatform, { events }) =>
    facts.parkedEvents <= events
      ? null
      : platform(
          { component: 'event-bus' },
          { parked_events: String(facts.parkedEvents) },
          'Look at them with "smartant admin events parked", mend the cause and replay them.',
        ),
});

export const auditBehind = defineRule({
  name: 'audit-behind',
  subject: 'platform',
  summary: 'Entries of the audit trail wait for their place in its chains.',
  severity: 'warning',
  forSeconds: 60,
  thresholds: { seconds: { summary: 'Age of the oldest entry that waits.', usual: 120, minimum: 10, maximum: 86_400 } },
  evaluate: (facts: WatchedPlatform, thresholds) =>
    facts.auditAgeMs <= thresholds.seconds * 1_000
      ? null
      : platform({ component: 'audit' }, { age_seconds: seconds(facts.auditAgeMs) }, 'See the log of the scheduler for "audit sealing".'),
});

export const auditUnsigned = defineRule({
  name: 'audit-chain-unsigned',
  subject: 'platform',
  summary: 'The end of a chain of the audit trail was not signed for long: an entry was changed, or no replica can sign.',
  severity: 'critical',
  forSeconds: 0,
  thresholds: { minutes: { summary: 'Minutes that an entry may be without a signature.', usual: 30, minimum: 15, maximum: 10_080 } },
  evaluate: (facts: WatchedPlatform, { minutes }) =>
    facts.unsignedAgeMs <= minutes * 60_000
      ? null
      : platform(
          { component: 'audit' },
          { chains: facts.unsignedChains.join(', '), age_seconds: seconds(facts.unsignedAgeMs) },
          'A chain that was changed is named at /readyz and gets no signature any more: docs/guides/audit.md says how to go on.',
        ),
});

export const signingKeyOld = defineRule({
  name: 'signing-key-old',
  subject: 'platform',
  summary: 'The key that access tokens are signed with was not rotated for long.',
  severity: 'info',
  forSeconds: 0,
  thresholds: { days: { summary: 'Days after which it should be rotated.', usual: 365, minimum: 1, maximum: 3_650 } },
  evaluate: (facts: WatchedPlatform, { days }) =>
    facts.signingKeyAgeMs === null || facts.signingKeyAgeMs <= days * DAY_MS
      ? null
      : platform(
          { component: 'sign-in' },
          { age_days: String(Math.floor(facts.signingKeyAgeMs / DAY_MS)) },
          'Rotate it: smartant admin keys rotate.',
        ),
});

export const platformRules: readonly AlertRule<WatchedPlatform>[] = [outboxBehind, eventsParked, auditBehind, auditUnsigned, signingKeyOld];
