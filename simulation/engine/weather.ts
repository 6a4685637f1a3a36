/** How the world treats requests now. Faults change it for a while; calm when they are over. */
export interface Weather {
  /** Chance that a request, or its answer, is lost. */
  loss: number;
  /** Chance that a request arrives a second time, later. */
  duplicate: number;
  /** Chance that a request or message is late by up to `lateMs`. */
  late: number;
  lateMs: number;
  /** Chance that a write to a target takes as long as a write can. */
  stuckWrite: number;
  /** Chance that a store refuses a request. */
  storeError: number;
  /** Chance that a run meets an error that ends it. */
  runError: number;
  /** Chance that a hint on the bus is dropped. */
  busLoss: number;
}

export const CALM: Weather = {
  loss: 0,
  duplicate: 0,
  late: 0,
  lateMs: 0,
  stuckWrite: 0,
  storeError: 0,
  runError: 0,
  busLoss: 0,
};
