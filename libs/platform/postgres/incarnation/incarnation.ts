import type { SqlExecutor } from '../sql-executor';

/** How a service deals with commits that a failover or a restore took back. */
export interface IncarnationOptions {
  /**
   * Runs in the transaction that begins a new incarnation, before any other statement gets to the database: what was going on
   * is ended or made safe here. Absent: the service does it afterwards, and says so by `markRevalidated`.
   */
  begin?: (tx: SqlExecutor, incarnation: string) => Promise<void>;
  /**
   * Runs in the transaction that lets work go on after a restart although some process that was alive before it was not heard:
   * if it remembers something that is gone, it will say so later.
   */
  unwitnessed?: (tx: SqlExecutor) => Promise<void>;
  /** What an operator should know: another incarnation began, or the server does not keep what it acknowledges. */
  warn?: (message: string, fields: Record<string, unknown>) => void;
  /** How long processes that were alive before a restart are waited for, in milliseconds; 5 s when absent. */
  graceMs?: number;
  /** How often the database is asked whether it is still the same, in milliseconds; 2 s when absent. */
  lookMs?: number;
}

/** Which history of a schema this process works with. */
export interface Incarnation {
  readonly id: string;
  /** False while what was going on when it began is still to be revalidated, as far as this process has heard. */
  readonly isRevalidated: boolean;
  /** It began with a restore of the whole database: what happened after the backup, nobody remembers. */
  readonly isRestored: boolean;
  /** `isRevalidated` as the database says it now. */
  askRevalidated(): Promise<boolean>;
  /** Calls `hear` when another one has begun, before anything can be done with the database again. */
  onChange(hear: (id: string) => void): void;
  /** Everything that was going on when `id` began has been revalidated. */
  markRevalidated(id: string): Promise<void>;
}
