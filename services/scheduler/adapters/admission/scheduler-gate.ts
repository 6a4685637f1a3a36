import { AdmissionGate, type ClassLimits, type GateOptions } from '@smartant/platform/admission';
import type { AdmissionClass } from './admission-class';

export type SchedulerGate = AdmissionGate<AdmissionClass>;

/** What an operator may set; see docs/guides/operate-under-load.md. */
export interface GateSettings {
  /** Reads of single things under way. */
  reads: number;
  /** Listings under way. */
  lists: number;
  /** Reports under way. */
  reports: number;
  /** Watch streams that are open, REST and gRPC together. */
  streams: number;
  /** Delay of the event loop above which listings, reports and new streams make room, in milliseconds. */
  shedDelayMs: number;
  /** How long a listing or report may wait for its place; reads twice as long. */
  patienceMs: number;
}

export const DEFAULT_GATE_SETTINGS: GateSettings = { reads: 8, lists: 4, reports: 2, streams: 1_000, shedDelayMs: 15, patienceMs: 2_000 };

/** Admission to all edges of the scheduler. What is not a transition shrinks under load: what serves nobody's data first. */
export function createSchedulerGate(settings: GateSettings = DEFAULT_GATE_SETTINGS, logger?: GateOptions<AdmissionClass>['logger']) {
  return new AdmissionGate<AdmissionClass>({ classes: classLimits(settings), logger });
}

function classLimits({ reads, lists, reports, streams, shedDelayMs, patienceMs }: GateSettings): Record<AdmissionClass, ClassLimits> {
  const shrinking = { callerShare: 0.75, retryAfterMs: 1_000 };
  return {
    // Never shrinks. Bounded all the same, for memory's sake: a thousand that wait mean that the database is down or far too slow.
    transition: {
      most: 64,
      least: 64,
      queue: 1_000,
      patienceMs: 10_000,
      callerShare: 0.9,
      shrinkAboveDelayMs: null,
      retryAfterMs: 1_000,
    },
    // By address, which users behind one proxy share. The password check has a limit of its own below this one.
    'sign-in': {
      most: 16,
      least: 4,
      queue: 64,
      patienceMs: 5_000,
      callerShare: 1,
      shrinkAboveDelayMs: 10 * shedDelayMs,
      retryAfterMs: 1_000,
    },
    read: {
      ...shrinking,
      most: reads,
      least: atLeast(reads / 4),
      queue: 4 * reads,
      patienceMs: 2 * patienceMs,
      shrinkAboveDelayMs: 3 * shedDelayMs,
    },
    probe: { ...shrinking, most: 8, least: 2, queue: 8, patienceMs: 5_000, shrinkAboveDelayMs: 3 * shedDelayMs },
    list: { ...shrinking, most: lists, least: 0.1, queue: 4 * lists, patienceMs, shrinkAboveDelayMs: shedDelayMs },
    report: { ...shrinking, most: reports, least: 0.1, queue: 4 * reports, patienceMs, shrinkAboveDelayMs: shedDelayMs },
    stream: {
      most: streams,
      least: atLeast(streams / 20),
      queue: 0,
      patienceMs: 0,
      callerShare: 0.5,
      shrinkAboveDelayMs: shedDelayMs,
      retryAfterMs: 5_000,
    },
  };
}

const atLeast = (value: number) => Math.max(1, Math.floor(value));
