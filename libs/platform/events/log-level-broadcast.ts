import { logLevels, type LevelOverride } from '@smartant/platform/logging';
import type { EventBus, Subscription } from './event-bus';

const CHANNEL = 'smartant.log-levels.v1';
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** Of one service. */
export interface BroadcastLevel extends LevelOverride {
  service: string;
}

/** Tells all processes which levels hold now; what is not among them holds no more. Lossy: to be told again and again while any holds. */
export function broadcastLogLevels(bus: Pick<EventBus, 'broadcast'>, levels: readonly BroadcastLevel[]): Promise<void> {
  return bus.broadcast(CHANNEL, { levels });
}

/** Sets the levels of this process's loggers as they are broadcast for its service. */
export function hearLogLevels(bus: Pick<EventBus, 'onBroadcast'>, service: string): Promise<Subscription> {
  return bus.onBroadcast(CHANNEL, (payload) => {
    const { levels } = payload as { levels?: unknown };
    if (Array.isArray(levels)) logLevels.override(levels.filter(isLevel).filter((one) => one.service === service));
  });
}

function isLevel(value: unknown): value is BroadcastLevel {
  const { service, module, level, untilMs } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof service === 'string' &&
    (module === null || typeof module === 'string') &&
    LEVELS.includes(level as string) &&
    typeof untilMs === 'number'
  );
}
