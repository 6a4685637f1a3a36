import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { EventBus } from '@smartant/platform/events';
import type { HealthRegistry, HealthReport } from '@smartant/platform/health';
import type { OnShutdown } from '@smartant/platform/lifecycle';
import { bounded, CHANNEL, type ServicePresence } from './hear-presence';
import { recentCalls } from './recent-calls';

const EVERY_MS = 10_000;

export interface PresenceOptions {
  bus: Pick<EventBus, 'broadcast'>;
  health: Pick<HealthRegistry, 'report'>;
  service: string;
  version: string;
  onShutdown: OnShutdown;
  everyMs?: number;
}

/**
 * Says every ten seconds that this process is there and how it is, and at its end that it is gone. Lossy: whoever listens takes a process that
 * was not heard for a while for lost. To be called once the bus has started and before what is to be told of has begun.
 */
export function announcePresence({ bus, health, service, version, onShutdown, everyMs = EVERY_MS }: PresenceOptions): void {
  const self = { service, instance: randomUUID(), host: hostname(), version, startedAt: new Date().toISOString() };
  const calls = recentCalls();
  const tell = async (ended: boolean): Promise<void> => {
    const [report, callsPerMinute] = await Promise.all([health.report(), calls()]);
    const presence: ServicePresence = { ...self, ready: report.ready && !ended, problems: problemsOf(report), callsPerMinute, ended };
    await bus.broadcast(CHANNEL, presence);
  };
  // One that is lost is followed by the next; a bus that is away is reported by all that uses it.
  const beat = () => void tell(false).catch(() => undefined);
  const timer = setInterval(beat, everyMs);
  timer.unref();
  beat();
  onShutdown('presence', async () => {
    clearInterval(timer);
    await tell(true).catch(() => undefined);
  });
}

function problemsOf({ checks, concerns }: HealthReport): string[] {
  const failing = Object.entries(checks).filter(([, outcome]) => outcome !== 'ok');
  return bounded([
    ...failing.map(([name, outcome]) => `${name}: ${outcome}`),
    ...Object.entries(concerns).flatMap(([name, said]) => said.map((one) => `${name}: ${one}`)),
  ]);
}
