import { waitFor } from '../../platform/embedded-platform';

/** Does something that may be repeated until it succeeds: the test's own hands must not slip on the faults it makes. */
export async function persistently<T>(work: () => Promise<T>): Promise<T> {
  let result: { value: T } | undefined;
  await waitFor(
    'the test itself to get through',
    async () => {
      result = { value: await work() };
      return true;
    },
    120_000,
  );
  return result!.value;
}
