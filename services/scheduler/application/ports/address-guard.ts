/** Keeps users from reaching addresses that are not theirs to reach through us. */
export interface AddressGuard {
  /** Raises EGRESS_FORBIDDEN for a host (name or literal address) that is denied, EGRESS_NAME_UNKNOWN for a name without an address. */
  assertAllowed(host: string): Promise<void>;
  /** The same for a host that a proxy or a bastion connects to and resolves: judged as far as it can be from here. */
  assertFarSideAllowed(host: string, farSide?: { ownLoopback: boolean }): void;
}
