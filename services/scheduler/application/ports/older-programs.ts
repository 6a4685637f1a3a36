/** Programs of an older version that may run beside this one while replicas are replaced. */
export interface OlderPrograms {
  /**
   * True once no scheduler runs, or can start any more, that does not know ways to endpoints and choices of TLS: it would order the
   * endpoint to be reached without them.
   */
  areGoneForWays(): Promise<boolean>;
}
