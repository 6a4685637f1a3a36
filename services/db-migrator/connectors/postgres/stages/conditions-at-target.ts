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
    return where === null ? [] : [{ table: nameOf(table), at: targetName(table), where: conditionOver(table, targetName(table), where) }];
  });
  if (filtered.length === 0) return [];
  return withSession(target, applicationName(job, 'conditions'), signal, async (session) => {
    const judged: { table: string; where: string }[] = [];
    for (const { table, at, where } of filtered) {
      const isJudged = await session.query(`SELECT FROM ONLY ${qualified(at)} WHERE ${where} LIMIT 0`, [], signal).then(
        () => true,
        (error: unknown) => {
          if (error instanceof SmartantError && error.details['sqlState']?.startsWith('42')) return false;
          throw error;
        },
      );
      if (isJudged) judged.push({ table, where });
    }
    return judged;
  });
}

/** For each row of the target's table, over its values under the names that table and columns have at the source. */
function conditionOver(table: Table, target: TableName, where: string): string {
  const values = table.columns.map(
    (column) => `${quoteName(target.table)}.${quoteName(nameAtTarget(column))} AS ${quoteName(column.name)}`,
  );
  return `(SELECT (${where}\n) FROM (SELECT ${values.join(', ')}) AS ${quoteName(table.table)})`;
}
