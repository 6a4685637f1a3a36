import type { SqlExecutor } from './sql-executor';

/** A program that uses a schema right now. */
export interface Instance {
  id: string;
  /** Its application name, for people. */
  program: string;
  /** The steps of the schema that it knows. */
  steps: string[];
}

/** An instance that has not been seen for so long is dead. */
const ALIVE_SECONDS = 45;
/** How often an instance says that it lives. */
export const INSTANCE_BEAT_MS = 10_000;
/** Raised inside `livingWithout`; class 55 is "object not in prerequisite state". */
const WAITING = '55SA1';

/** A text as an SQL literal. */
export const quotedText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** SQL that makes an instance known. To be run under the schema's migration lock: whoever contracts sees it, or it sees the step. */
export function registerInstance(schema: string, { id, program, steps }: Instance): string {
  const list = steps.map(quotedText).join(', ');
  return `INSERT INTO ${schema}.schema_instance (id, program, steps, seen_at)
    VALUES (${quotedText(id)}, ${quotedText(program)}, ARRAY[${list}]::text[], clock_timestamp());`;
}

/** SQL that raises unless every living instance knows the step. */
export function livingWithout(schema: string, step: string): string {
  return `DO $check$ BEGIN
    IF EXISTS (SELECT 1 FROM ${schema}.schema_instance
      WHERE seen_at > clock_timestamp() - interval '${ALIVE_SECONDS} s' AND NOT steps @> ARRAY[${quotedText(step)}]::text[])
    THEN RAISE EXCEPTION 'older programs run' USING ERRCODE = '${WAITING}'; END IF;
  END $check$;`;
}

/** True for what `livingWithout` raises. */
export function isWaiting(error: unknown): boolean {
  return (error as { code?: unknown }).code === WAITING;
}

/** Says that an instance lives, and forgets those that are long dead. */
export async function beat(executor: SqlExecutor, schema: string, instance: Instance): Promise<void> {
  await executor.query(
    `INSERT INTO ${schema}.schema_instance (id, program, steps, seen_at) VALUES ($1, $2, $3, clock_timestamp())
     ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
    [instance.id, instance.program, instance.steps],
  );
  await executor.query(`DELETE FROM ${schema}.schema_instance WHERE seen_at < clock_timestamp() - interval '1 hour'`);
}

export async function forgetInstance(executor: SqlExecutor, schema: string, id: string): Promise<void> {
  await executor.query(`DELETE FROM ${schema}.schema_instance WHERE id = $1`, [id]);
}
