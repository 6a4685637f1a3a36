/** How many requests of one class a process takes on. All counts are of this process alone. */
export interface ClassLimits {
  /** Running at the same time while the process is well. */
  most: number;
  /**
   * Running at the same time however loaded the process is. Equal to `most`: the limit is fixed. Below 1: one at a time, and so large a
   * share of the time.
   */
  least: number;
  /** Waiting for their turn; 0: refused at once. */
  queue: number;
  /** How long one waits for its turn before it is refused. */
  patienceMs: number;
  /** Of running and of waiting places, what one caller may hold: above 0, at most 1. */
  callerShare: number;
  /** A delay of the event loop above this shrinks the limit towards `least`; null: it never shrinks. */
  shrinkAboveDelayMs: number | null;
  /** Shortest time after which a refused caller is asked to come back. */
  retryAfterMs: number;
}

/** A place among the running. Leave it once the answer is out, in any case; leaving twice does no harm. */
export interface Permit {
  leave(): void;
}
