import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListedField } from '@smartant/platform/logging';
import ts from 'typescript';

const ROOT = join(__dirname, '..', '..');
const LEVELS = new Set(['debug', 'info', 'warn', 'error', 'fatal', 'withLogContext']);
/** Numbers and times, which are shown whatever they are called. */
const COUNTS =
  /(Bytes|Seconds|Ms|Files|At|Count|_count)$|^(alerts|attempts?|bytes|completed|deliveries|dropped|epoch|equal|exitCode|files|held|incarnation|isFrozen|kept|limit|machines|migrations|partitions|port|refused|rows|seq|total|values|wasReset|waived|written)$/;

/** The fields that code says it logs: of calls of loggers and of jobs' `info` and `warn`, and attributes of units. */
function loggedFields(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of sources()) {
    const text = readFileSync(file, 'utf8');
    if (!/\b(debug|info|warn|error|fatal|withLogContext)\(|'smartant\./.test(text)) continue;
    const note = (name: string) => found.set(name, file.slice(ROOT.length + 1));
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) fieldsOf(node).forEach(note);
      if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name) && /^smartant\.[a-z_]+$/.test(node.name.text))
        note(node.name.text);
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  }
  return found;
}

function fieldsOf({ expression, arguments: given }: ts.CallExpression): string[] {
  const called = ts.isPropertyAccessExpression(expression) ? expression.name.text : ts.isIdentifier(expression) ? expression.text : '';
  if (!LEVELS.has(called)) return [];
  return given.slice(0, 2).filter(ts.isObjectLiteralExpression).flatMap(namesIn);
}

/** Also of what is spread into it by condition. */
function namesIn({ properties }: ts.ObjectLiteralExpression): string[] {
  return properties.flatMap((property) => {
    if (!ts.isSpreadAssignment(property)) return property.name && 'text' in property.name ? [property.name.text] : [];
    const found: string[] = [];
    const visit = (node: ts.Node): void =>
      ts.isObjectLiteralExpression(node) ? void found.push(...namesIn(node)) : ts.forEachChild(node, visit);
    visit(property.expression);
    return found;
  });
}

function sources(): string[] {
  return ['services', 'libs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter(
        ({ name, parentPath }) =>
          /(?<!\.(spec|long|faults|contract))\.ts$/.test(name) && !/node_modules|\/dist|testkit|console/.test(parentPath),
      )
      .map(({ name, parentPath }) => join(parentPath, name)),
  );
}

it('lists every field whose texts code means to log', () => {
  const fields = loggedFields();
  // It looks where it should.
  expect([...fields.keys()]).toEqual(expect.arrayContaining(['err', 'deliveryId', 'migrationId', 'smartant.key']));
  const unlisted = [...fields].filter(([name]) => !isListedField(name) && !COUNTS.test(name.replace('smartant.', '')));
  expect(unlisted.map(([name, file]) => `${name} of ${file}`)).toEqual([]);
});
