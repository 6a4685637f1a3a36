/** What stands in an input of the type datetime-local, which is in the time of this browser, as an instant; undefined: it is empty. */
export const instantOf = (local: string): string | undefined => (local === '' ? undefined : new Date(local).toISOString());

/** The other way round, to the minute; empty where it is no instant. */
export function localMinute(instant: string): string {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? '' : new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
