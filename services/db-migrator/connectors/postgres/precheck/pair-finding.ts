import type { Finding } from '../../../application/ports/database-engine';

/** A finding with what would set it right. */
export interface PairFinding extends Finding {
  fix?: {
    /** The statements, to be run one by one on the subject. */
    statements: string[];
    /**
     * Whether a button may run them: they change nothing that applications see, lose nothing, and hold no lock for long. The others are
     * shown for somebody who knows the server.
     */
    isSafe: boolean;
    /** The server has to be restarted before it counts. */
    needsRestart: boolean;
  };
}

export type Side = 'source' | 'target';
