import type { Finding } from '../../../application/ports/database-engine';

/**
 * A finding with what would set it right. A button may run what is safe: it changes nothing that applications see, loses nothing, and holds no lock for
 * long. The others are shown for somebody who knows the server.
 */
export type PairFinding = Finding;

export type Side = 'source' | 'target';
