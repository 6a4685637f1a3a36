import { gauge } from '@smartant/platform/metrics';

/** Publishes the age of the oldest event that a service has not yet published; asked for when metrics are scraped, NaN when unknown. */
export function watchOutboxAge(relay: { oldestAgeMs(): Promise<number> }): void {
  const age = gauge('smartant_outbox_age_seconds', 'Age of the oldest event that is not yet published.');
  Object.assign(age, {
    collect: async () =>
      age.set(
        await relay.oldestAgeMs().then(
          (ms) => ms / 1_000,
          () => Number.NaN,
        ),
      ),
  });
}
