/** What a program that runs beside would miss or fail on. Comments and quoted texts are left out before looking. */
const CONTRACTING = [
  /\bDROP\s+(TABLE|COLUMN|SCHEMA|VIEW|MATERIALIZED\s+VIEW|FUNCTION|PROCEDURE|TYPE|SEQUENCE|DOMAIN|DEFAULT)\b/i,
  /\bRENAME\s+(TO|COLUMN|CONSTRAINT|ATTRIBUTE|VALUE)\b/i,
  /\bSET\s+SCHEMA\b/i,
  /\bALTER\s+(COLUMN\s+)?\S+\s+(SET\s+DATA\s+)?TYPE\b/i,
  /\bSET\s+NOT\s+NULL\b/i,
  /\bADD\s+(?!CONSTRAINT\b|CHECK\b|UNIQUE\b|PRIMARY\b|FOREIGN\b|EXCLUDE\b)(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?\S+(?:(?!\bDEFAULT\b|\bGENERATED\b)[^,;])*\bNOT\s+NULL\b(?!(?:[^,;])*\b(DEFAULT|GENERATED)\b)/i,
  /\bTRUNCATE\b/i,
];

/**
 * The first piece of a step that takes something away from programs which do not know the step, or null. A rule of thumb and no parser:
 * it knows DROP, RENAME, changes of type, new NOT NULLs without a default and TRUNCATE. The rest, like new checks and unique indexes on
 * old columns, is found where an earlier version's own database is brought up to date (e2e/upgrade).
 */
export function contractingStatement(sql: string): string | null {
  const bare = sql
    .replace(/--[^\n]*/g, ' ')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, ' ')
    .replace(/'(?:[^']|'')*'/g, "''");
  for (const pattern of CONTRACTING) {
    const found = pattern.exec(bare);
    if (found) return found[0].replace(/\s+/g, ' ').trim();
  }
  return null;
}
