/**
 * For how long a write may still reach a target after its holder has lost the shard. The holder hands no byte to its
 * connections after its lease (it asks before each request and each piece of a body, and cuts off what is under way), so
 * what is left is what the system had taken already: at most a few MiB of socket buffers, 80 s at the slowest useful speed
 * of 50 KB/s, and what the store needs to act upon them. What a network or a store keeps for longer only a conditional
 * write refuses; see docs/proof.md.
 */
export const WRITE_DEADLINE_MS = 120_000;
