import { SmartantError } from '@smartant/kernel';
import { nameAtTarget, qualified, quoteName, type Table, type TableName } from '../catalog/catalog';
import { nameOf } from '../catalog/target-name';
import { rowFilterOf } from '../copy/row-filter';
import { applicationName, withSession, type OpenJob } from './open-job';

/**
 * Conditions for rows ("schema.table" at the source) as they read over the target's tables, for a rollback: applications may have written rows there
 * that a condition does not hold for. They have come back as all others have, and at the source are among the rows that nobody compares. Missing are
 * conditions that the target cannot judge, since they look at columns that it was not given.
 */
export async function conditionsAtTarget(
  { job, target, targetName }: OpenJob,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<{ table: string; where: string }[]> {
  const filtered = tables.flatMap((table) => {
    const where = table.kind === 'r' ? rowFilterOf(table, job.scope.rows) : null;
    return where === null ? [] : [{ table: nameOf(table), ...conditionOver(table, targetName(table), where) }];
  });
  if (filtered.length === 0) return [];
  return withSession(target, applicationName(job, 'conditions'), signal, async (session) => {
    const judged: { table: string; where: string }[] = [];
    for (const { table, where, probe } of filtered) {
      const isJudged = await session.query(probe, [], signal).then(
        () => true,
        (error: unknown) => {
          if (error instanceof SmartantError && CANNOT_JUDGE.test(error.details['sqlState'] ?? '')) return false;
          throw error;
        },
      );
      if (isJudged) judged.push({ table, where });
    }
    return judged;
  });
}

/** Another column, function or schema, or a literal that is no value of the type that a column has by now. */
const CANNOT_JUDGE = /^(?:42|22|3F)/;

/**
 * For each row of the target's table, over its values under the names that table and columns have at the source. `probe` has nothing around these values:
 * a name that is not among them must not be taken for the target's own column of that name, which is something else.
 */
function conditionOver(table: Table, target: TableName, condition: string): { where: string; probe: string } {
  const values = table.columns
    .map((column) => `${quoteName(target.table)}.${quoteName(nameAtTarget(column))} AS ${quoteName(column.name)}`)
    .join(', ');
  const name = quoteName(table.table);
  return {
    where: `(SELECT (${condition}\n) FROM (SELECT ${values}) AS ${name})`,
    probe: `SELECT FROM (SELECT ${values} FROM ONLY ${qualified(target)}) AS ${name} WHERE (${condition}\n) LIMIT 0`,
  };
}
