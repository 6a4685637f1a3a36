/** Keeps users from reaching addresses that are not theirs to reach through us. */
export interface AddressGuard {
  /** Raises EGRESS_FORBIDDEN for a host (name or literal address) that is denied. A name that does not resolve passes: the probe tells. */
  assertAllowed(host: string): Promise<void>;
}
