import type { EventBus, Subscription } from '@smartant/platform/events';

export const CHANNEL = 'smartant.presence.v1';

/** What a process says of itself. */
export interface ServicePresence {
  service: string;
  /** Of one process, from its start to its end. */
  instance: string;
  /** The machine or pod that it runs on. */
  host: string;
  version: string;
  /** RFC 3339. */
  startedAt: string;
  /** It may be given work. */
  ready: boolean;
  /** Checks that fail, and what should be mended though it works; one sentence each. */
  problems: string[];
  /** Calls that it answered in the last minute: RPCs, and requests of the API. */
  callsPerMinute: number;
  /** True with its last word: it ends in order. */
  ended: boolean;
}

const LONGEST = 300;
const MOST_PROBLEMS = 10;

/** Hears every process of the platform, itself included. What is not such a word is passed over. */
export function hearPresence(bus: Pick<EventBus, 'onBroadcast'>, hear: (presence: ServicePresence) => void): Promise<Subscription> {
  return bus.onBroadcast(CHANNEL, (payload) => {
    const presence = read(payload as Record<string, unknown>);
    if (presence) hear(presence);
  });
}

function read(payload: Record<string, unknown>): ServicePresence | undefined {
  const { service, instance, host, version, startedAt, ready, problems, callsPerMinute, ended } = payload;
  const texts = [service, instance, host, version, startedAt];
  if (!texts.every((text) => typeof text === 'string' && text.length <= LONGEST && !text.includes('\0'))) return undefined;
  if (service === '' || instance === '' || Number.isNaN(Date.parse(startedAt as string))) return undefined;
  if (typeof ready !== 'boolean' || typeof ended !== 'boolean' || typeof callsPerMinute !== 'number') return undefined;
  if (!Number.isFinite(callsPerMinute) || callsPerMinute < 0 || !Array.isArray(problems)) return undefined;
  return { ...(payload as unknown as ServicePresence), problems: bounded(problems) };
}

/** Of whatever came: few, short, and fit to be stored. */
export function bounded(problems: readonly unknown[]): string[] {
  return problems
    .filter((one) => typeof one === 'string')
    .slice(0, MOST_PROBLEMS)
    .map((one) => one.replaceAll('\0', '').slice(0, LONGEST));
}
