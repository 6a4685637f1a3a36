import type { EventBus } from '@smartant/platform/events';
import type { Logger } from '@smartant/platform/logging';
import { countParked } from './adapters/events/parked-event-desk';
import { alertTelemetry, publishConditions } from './adapters/observability/alert-telemetry';
import { AlertEvaluator } from './application/alerting/alert-evaluator';
import { EndpointTrials } from './application/alerting/endpoint-trials';
import { oneAtATime } from './application/audit/one-at-a-time';
import type { Migrators } from './application/ports/migrator';
import type { UnitOfWork } from './application/ports/unit-of-work';
import type { Pace } from './domain/alerting/condition';

export interface AlertSettings {
  /** Between two looks at everything, whichever replica makes them. */
  tickMs: number;
  /** Between two attempts at an endpoint in use; 0: they are not tried. */
  endpointTrialMs: number;
  pace?: Pace;
}

export const USUAL_ALERT_SETTINGS: AlertSettings = { tickMs: 15_000, endpointTrialMs: 300_000 };

/** Each replica asks more often whose turn it is, so that one that died costs little. */
const SHARE_OF_TICK = 3;
const TRIALS_LOOK_MS = 5_000;

export interface AlertParts {
  evaluator: AlertEvaluator;
  /** Begins the jobs of the alert rules. `end` waits for what they are at; call it once `every` does nothing more. */
  run(every: (ms: number, name: string, work: () => Promise<void>) => void): { end(): Promise<void> };
}

interface AlertSurroundings {
  unitOfWork: UnitOfWork;
  migrators: Migrators;
  bus: Pick<EventBus, 'parked'>;
  logger: Logger;
}

export function openAlerts({ unitOfWork, migrators, bus, logger }: AlertSurroundings, settings: AlertSettings): AlertParts {
  const observer = alertTelemetry(logger);
  const { tickMs, endpointTrialMs, pace } = settings;
  const evaluator = new AlertEvaluator({ unitOfWork, observer, parkedEvents: () => countParked(bus), tickMs, pace });
  const trials = new EndpointTrials({ unitOfWork, migrators, observer, everyMs: endpointTrialMs });
  return {
    evaluator,
    run: (every) => {
      const tick = oneAtATime(() => evaluator.tick());
      every(Math.max(100, tickMs / SHARE_OF_TICK), 'alert rules', tick);
      every(tickMs, 'alert census', () => publishConditions(unitOfWork.reads.alerts));
      if (endpointTrialMs > 0)
        every(
          Math.min(TRIALS_LOOK_MS, endpointTrialMs),
          'endpoint trials',
          oneAtATime(() => trials.tick()),
        );
      return {
        end: async () => {
          await Promise.all([evaluator.stop(), trials.stop()]);
          await tick().catch(() => undefined);
        },
      };
    },
  };
}
